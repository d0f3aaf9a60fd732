import type { DossierError } from '../../core/errors.ts';
import type { Proof } from '../../drive/uploadSession.ts';

/** What happens while a report is sent. */
export type SubmitEvent =
  /** A folder of its own was made at the destination. */
  | { readonly type: 'folder'; readonly path: string }
  /**
   * `acknowledgedBytes` are safe at the server, `sentBytes` are on their way. Of a `whole` file, which goes in one
   * request, nothing is acknowledged before its end.
   */
  | {
      readonly type: 'progress';
      readonly attachment: string;
      readonly acknowledgedBytes: number;
      readonly sentBytes: number;
      readonly whole: boolean;
      readonly size: number;
    }
  /** The attachment is at the destination; `proof` tells how that is known. */
  | { readonly type: 'delivered'; readonly attachment: string; readonly name: string; readonly proof: Proof }
  | { readonly type: 'failed'; readonly attachment: string; readonly error: DossierError }
  /** The manifest is written: the report is whole. */
  | { readonly type: 'complete' }
  /** The ledger has it. */
  | { readonly type: 'recorded' };
