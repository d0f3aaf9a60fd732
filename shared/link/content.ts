import { utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { createContentHasher, sha256Hex } from '../core/hashing.ts';
import type { Drive } from '../drive/drive.ts';
import type { FileEntry } from '../drive/entry.ts';
import type { HashSource, SubjectDigests } from '../ledger/statement/statement.ts';
import type { KnownFile } from './knownFile.ts';
import type { HashPolicy } from './link.ts';
import { isSameContent, isSameListing } from './verdict.ts';

export interface Content {
  readonly digests: SubjectDigests;
  readonly hashSource: HashSource;
}

/**
 * What the listing itself says of a content. Without a hash of the provider only the revision is left: there was a
 * version, of unknown bytes.
 */
export function listedContent(
  asset: string,
  { digest, revision, size, modified }: FileEntry,
  known?: Pick<KnownFile, 'revision' | 'size' | 'modified'>,
): Content {
  if (digest !== undefined) return { digests: { dropboxContentHash: digest }, hashSource: 'provider' };
  // Another content under the revision of the one before it.
  const isReused = known?.revision === revision && !isSameListing(known, { revision, size, modified });
  const version = isReused ? `${revision} ${size} ${modified}` : revision;
  return { digests: { revision: sha256Hex(utf8(`${asset} ${version}`)) }, hashSource: 'none' };
}

/**
 * What is to be recorded of a file's content, as the policy wants it. Reads a file only when it has to, streamed, and
 * keeps nothing of it. Undefined when it is not what was listed any more. `not-found` when it is listed and cannot be
 * found, with all codes of `Drive.read`.
 */
export async function contentOf(
  drive: Drive,
  policy: HashPolicy,
  known: KnownFile | undefined,
  asset: string,
  entry: FileEntry,
  signal?: AbortSignal,
): Promise<Content | undefined> {
  const listed = listedContent(asset, entry, known);
  const unchanged = known && isSameContent(known, { ...entry, digests: listed.digests });
  // Written so shortly before it was read that nothing of the listing tells whether it was written again.
  const mayDiffer = known?.unsettled === true && known.digests.sha256 !== undefined && entry.digest === undefined;
  const mustRead = entry.downloadable && (policy === 'download' || (policy !== 'provider' && mayDiffer));
  // A digest that was had by reading is worth more than the same content's listed one.
  if (known && unchanged && (!mustRead || (known.digests.sha256 !== undefined && !mayDiffer))) return known;
  if (!mustRead) return listed;
  let missing: unknown;
  const read = await readContent(drive, entry, signal).catch((error: unknown) => {
    if (!isDossierError(error, 'not-found') && !isDossierError(error, 'type-mismatch')) throw error;
    missing = error;
    return undefined;
  });
  if (read) return read;
  // Moved or written meanwhile: a change that is still to come says so. A service that keeps giving other bytes than it
  // lists is taken by its word; one that lists what it does not find is not.
  const now = await drive.stat(entry, { signal });
  if (!now) throw missing ?? new DossierError('not-found', undefined, { operation: 'read', path: entry.path });
  if (now.type !== 'file' || now.path !== entry.path || !isSameListing(entry, now)) return undefined;
  if (missing) throw missing;
  return listed;
}

/**
 * Digests of the bytes that are there; undefined when they are not those that were listed any more: then there is a
 * change to come that says so.
 */
export async function readContent(drive: Drive, entry: FileEntry, signal?: AbortSignal): Promise<Content | undefined> {
  const hasher = createContentHasher();
  for await (const bytes of drive.read(entry, {}, { signal })) hasher.update(bytes);
  const digests = hasher.digest();
  if (hasher.size !== entry.size || (entry.digest !== undefined && entry.digest !== digests.dropboxContentHash))
    return undefined;
  return { digests, hashSource: 'downloaded' };
}
