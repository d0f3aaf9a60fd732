import type { ByteSource } from '../drive/source.ts';
import type { Attachment } from './report.ts';

/** Opens the bytes of attachments. Each host fills it for the kinds of reference it makes; `source-missing` when the original is gone. */
export interface AttachmentSources {
  open(attachment: Attachment): Promise<ByteSource>;
}
