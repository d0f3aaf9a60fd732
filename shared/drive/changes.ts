import type { DrivePath } from '../core/paths.ts';
import type { Entry } from './entry.ts';

/** Position in a change feed. Opaque; may be large for drives whose `capabilities.changes` is `walk`. */
export type Cursor = string;

export type Change =
  | { readonly type: 'present'; readonly entry: Entry }
  /** The file, or the folder with all that is in it, is gone from this path. `id` where the drive knows it. */
  | { readonly type: 'gone'; readonly path: DrivePath; readonly id?: string };

export interface ChangePage {
  /** To be applied in order. */
  readonly changes: readonly Change[];
  /** Persist it after the page was applied; also for an empty page. */
  readonly cursor: Cursor;
  /**
   * True on the last page. Deletes are final only then: an id that is gone at one path and present at another by the
   * end is a move. A walking drive may give its one cursor only with the last page.
   */
  readonly complete: boolean;
  /**
   * The cursor was too old: what follows is a full listing, and whatever it does not name is gone. Set on the first
   * page of such a walk.
   */
  readonly reset?: true;
}
