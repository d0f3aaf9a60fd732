import { utf8 } from '../core/bytes.ts';
import { isDossierError } from '../core/errors.ts';
import { createContentHasher, sha256Hex } from '../core/hashing.ts';
import type { Drive } from '../drive/drive.ts';
import type { FileEntry } from '../drive/entry.ts';
import type { HashSource, SubjectDigests } from '../ledger/statement/statement.ts';
import type { KnownFile } from './knownFile.ts';
import type { HashPolicy } from './link.ts';
import { isSameContent } from './verdict.ts';

export interface Content {
  readonly digests: SubjectDigests;
  readonly hashSource: HashSource;
}

/**
 * What the listing itself says of a content. Without a hash of the provider only the revision is left: there was a
 * version, of unknown bytes.
 */
export function listedContent(asset: string, { digest, revision }: FileEntry): Content {
  if (digest !== undefined) return { digests: { dropboxContentHash: digest }, hashSource: 'provider' };
  return { digests: { revision: sha256Hex(utf8(`${asset} ${revision}`)) }, hashSource: 'none' };
}

/**
 * What is to be recorded of a file's content, as the policy wants it. Reads a file only when it has to, streamed, and
 * keeps nothing of it. Undefined when it is not what was listed any more.
 */
export async function contentOf(
  drive: Drive,
  policy: HashPolicy,
  known: KnownFile | undefined,
  asset: string,
  entry: FileEntry,
  signal?: AbortSignal,
): Promise<Content | undefined> {
  const listed = listedContent(asset, entry);
  const unchanged = known && isSameContent(known, { ...entry, digests: listed.digests });
  // A digest that was had by reading is worth more than the same content's listed one.
  if (known && unchanged && (policy !== 'download' || known.digests.sha256 !== undefined || !entry.downloadable))
    return known;
  if (policy !== 'download' || !entry.downloadable) return listed;
  const read = await readContent(drive, entry, signal);
  if (read) return read;
  // Moved or written meanwhile: a change that is still to come says so. A service that keeps giving other bytes than it
  // lists is taken by its word.
  const now = await drive.stat(entry, { signal });
  return now?.type === 'file' && now.revision === entry.revision && now.path === entry.path ? listed : undefined;
}

/**
 * Digests of the bytes that are there; undefined when they are not those that were listed any more: then there is a
 * change to come that says so.
 */
export async function readContent(drive: Drive, entry: FileEntry, signal?: AbortSignal): Promise<Content | undefined> {
  const hasher = createContentHasher();
  try {
    for await (const bytes of drive.read(entry, {}, { signal })) hasher.update(bytes);
  } catch (error) {
    if (isDossierError(error, 'not-found') || isDossierError(error, 'type-mismatch')) return undefined;
    throw error;
  }
  const digests = hasher.digest();
  if (hasher.size !== entry.size || (entry.digest !== undefined && entry.digest !== digests.dropboxContentHash))
    return undefined;
  return { digests, hashSource: 'downloaded' };
}
