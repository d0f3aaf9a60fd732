import { utf8 } from '../../core/bytes.ts';
import { DossierError, toDossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import { parseStoredPath } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import type { EntryRef } from '../../drive/entry.ts';
import { type ByteSource, bytesSource } from '../../drive/source.ts';
import type { Attachment, Report } from '../model/report.ts';
import type { AttachmentSources } from '../model/sources.ts';
import type { Delivery } from './delivery.ts';
import type { EncodedText } from './description.ts';
import { descriptionName } from './fileNames.ts';
import { withoutMetadata } from './withoutMetadata.ts';

/** One file of a report on its way: the description or an attachment. */
export interface Part {
  /** Of the upload record. Names these bytes at this place for good. */
  readonly id: string;
  readonly attachment?: Attachment;
  /** At the destination. */
  readonly name: string;
  readonly mediaType: string;
}

/** The description first: it is what a reader opens first, and what other readers of this layout look for. */
export function partsOf(report: Report, delivery: Delivery): Part[] {
  const folder = refOf(delivery);
  const description: Part = {
    id: partId(folder, descriptionName, 'description'),
    name: descriptionName,
    mediaType: 'text/plain',
  };
  const attachments = report.attachments.map((attachment): Part => {
    const name = delivery.names[attachment.id]!;
    return {
      id: partId(folder, name, contentOf(attachment)),
      attachment,
      name,
      mediaType: attachment.mediaType,
    };
  });
  return [description, ...attachments];
}

/** A copy without metadata is other content. */
function contentOf({ id, fingerprint, metadata }: Attachment): string {
  return `${id}\n${fingerprint}${metadata === 'remove' ? '\nwithout metadata' : ''}`;
}

export function partId(folder: EntryRef, name: string, content: string): string {
  return sha256Hex(utf8(JSON.stringify([folder.path, folder.id, name, content]))).slice(0, 32);
}

export function refOf(delivery: Delivery): EntryRef {
  if (!delivery.folder) throw new TypeError('The delivery has no folder yet');
  const { path, id } = delivery.folder;
  return { path: parseStoredPath(path), ...(id === undefined ? {} : { id }) };
}

/**
 * The bytes of a part, after making sure that they are the ones that were attached; or the reason why they cannot be
 * had.
 */
export async function sourceOf(
  part: Part,
  description: EncodedText,
  sources: AttachmentSources,
): Promise<ByteSource | DossierError> {
  const { attachment } = part;
  if (!attachment) return bytesSource(description.bytes);
  const original = await originalOf(attachment, sources);
  if (original instanceof DossierError || attachment.metadata !== 'remove') return original;
  return withoutMetadata(attachment, original).catch((error: unknown) => toDossierError(error, 'source-missing'));
}

/** The bytes of an attachment as they lie here. */
export async function originalOf(
  attachment: Attachment,
  sources: AttachmentSources,
): Promise<ByteSource | DossierError> {
  try {
    const source = await sources.open(attachment);
    if (source.size === attachment.size && (await source.fingerprint()) === attachment.fingerprint) return source;
    return new DossierError('source-changed', say`"${attachment.name}" has changed since it was attached`, {
      advice: 'Attach it again.',
    });
  } catch (error) {
    return toDossierError(error, 'source-missing');
  }
}
