import type { ByteSource } from '../../drive/source.ts';
import type { Attachment } from './report.ts';

/** Opens the bytes of attachments. Each host fills it for the kinds of reference it makes. */
export interface AttachmentSources {
  /** `source-missing` when the original is gone. */
  open(attachment: Attachment): Promise<ByteSource>;
  /** Removes a copy that Dossier made for itself; leaves everything else alone (promise P2). Safe to repeat. */
  discard?(attachment: Attachment): Promise<void>;
}
