import { DossierError } from '../../core/errors.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import { digestsOfSource } from '../../drive/hashSource.ts';
import type { ByteSource } from '../../drive/source.ts';
import type { Obstacle } from '../../metadata/holder.ts';
import { proveRemoval, removeMetadata } from '../../metadata/index.ts';
import type { Attachment } from '../model/report.ts';
import type { Original } from './delivery.ts';

const reasons: Readonly<Record<Obstacle, (name: string) => Sentence>> = {
  'type': (name) => say`"${name}" cannot be sent without metadata: they cannot be removed from files of this type`,
  'damaged': (name) => say`"${name}" cannot be sent without metadata: the file is damaged`,
  'text-track': (name) => say`"${name}" cannot be sent without metadata: it has subtitles, which may name places`,
  'remains': (name) => say`"${name}" cannot be sent without metadata: some were still found after the removal`,
};

function refused({ name }: Pick<Attachment, 'name'>, why: Obstacle): DossierError {
  return new DossierError('unsupported', reasons[why](name), { advice: 'Send it as it is, or leave it out.' });
}

/**
 * The copy of an attachment that is sent in its place.
 *
 * @throws DossierError with `unsupported` when there can be none, and what the source throws.
 */
export async function withoutMetadata(attachment: Pick<Attachment, 'name'>, original: ByteSource): Promise<ByteSource> {
  const removal = await removeMetadata(original);
  if (!removal.ok) throw refused(attachment, removal.why);
  return removal.source;
}

/**
 * What the manifest tells of an original, after its copy was read again from beginning to end and nothing was found in
 * it any more. Reads the original twice.
 *
 * @throws as `withoutMetadata`.
 */
export async function examineOriginal(
  attachment: Attachment,
  original: ByteSource,
  signal?: AbortSignal,
): Promise<Original> {
  const { fingerprint } = attachment;
  const { size } = original;
  const copy = await withoutMetadata(attachment, original);
  if (!(await proveRemoval(copy))) throw refused(attachment, 'remains');
  const { sha256 } = await digestsOfSource(original, signal);
  const same = copy.size === size && (await digestsOfSource(copy, signal)).sha256 === sha256;
  if ((await original.fingerprint()) !== fingerprint) throw new DossierError('source-changed');
  return { fingerprint, size, sent: copy.size, ...(same ? {} : { sha256 }) };
}
