import { foldedName } from '../core/names.ts';
import { type DrivePath, nameOf, parentOf } from '../core/paths.ts';
import type { FileEntry } from '../drive/entry.ts';
import type { LedgerEvent, SubjectDigests } from '../ledger/statement/statement.ts';
import type { KnownFile } from './knownFile.ts';

export type FileVerdict = Extract<
  LedgerEvent,
  'Register' | 'Publish' | 'Attest' | 'Rename' | 'Move' | 'Restore' | 'Delete'
>;

type Known = Pick<KnownFile, 'path' | 'revision' | 'size' | 'modified' | 'digests' | 'live'>;
export type Seen = Pick<FileEntry, 'path' | 'revision' | 'downloadable'> &
  Partial<Pick<FileEntry, 'size' | 'modified'>> & { readonly digests: SubjectDigests };

/**
 * What a file that is seen now means for what was known of it. Three questions, each with one answer: is it back, is it
 * elsewhere, is it something else? A new revision of the same content at the same place means nothing.
 */
export function verdictsOn(known: Known | undefined, seen: Seen, caseSensitive: boolean): FileVerdict[] {
  if (!known) return ['Register'];
  return [
    ...(known.live ? [] : (['Restore'] as const)),
    ...placeVerdict(known.path, seen.path, caseSensitive),
    ...contentVerdict(known, seen),
  ];
}

/** The same content may have been read for the first time: then its version has a hash that it had not. */
function contentVerdict(known: Known, seen: Seen): FileVerdict[] {
  if (!isSameContent(known, seen)) return ['Publish'];
  return known.digests.sha256 === undefined && seen.digests.sha256 !== undefined ? ['Attest'] : [];
}

function placeVerdict(from: DrivePath, to: DrivePath, caseSensitive: boolean): FileVerdict[] {
  // Where case does not count, the same parent comes now in this and now in that spelling.
  const folderOf = (path: DrivePath) => (caseSensitive ? parentOf(path) : foldedName(parentOf(path)));
  if (folderOf(from) !== folderOf(to)) return ['Move'];
  return nameOf(from) === nameOf(to) ? [] : ['Rename'];
}

type Listing = Pick<KnownFile, 'revision' | 'size' | 'modified'>;

/**
 * Whether nothing that a listing tells of a content differs. A revision alone is not enough: servers give two contents
 * one ETag when they are written within a second, or in ways that the server does not notice.
 */
export function isSameListing(known: Listing, seen: Listing): boolean {
  return known.revision === seen.revision && !differs(known.size, seen.size) && !differs(known.modified, seen.modified);
}

const differs = (some: number | undefined, other: number | undefined) =>
  some !== undefined && other !== undefined && some !== other;

/**
 * Digests decide where both sides have one. Else what is listed does, except for documents without bytes that moved: a
 * move may give a new revision, and nothing else tells of their content.
 */
export function isSameContent(known: Known, seen: Seen): boolean {
  const common = commonDigests(known.digests, seen.digests);
  if (common.length > 0) return common.every((name) => known.digests[name] === seen.digests[name]);
  if (isSameListing(known, seen)) return true;
  if (known.digests.revision !== undefined && known.digests.revision === seen.digests.revision) return true;
  return !seen.downloadable && known.path !== seen.path;
}

function commonDigests(some: SubjectDigests, others: SubjectDigests) {
  return (['sha256', 'dropboxContentHash'] as const).filter(
    (name) => some[name] !== undefined && others[name] !== undefined,
  );
}

/** Whether a statement is about this content: a digest of both, or the same revision where there is none. */
export function isSameSubject(stated: SubjectDigests | undefined, seen: SubjectDigests): boolean {
  if (!stated) return false;
  const common = commonDigests(stated, seen);
  return common.length > 0
    ? common.every((name) => stated[name] === seen[name])
    : stated.revision !== undefined && stated.revision === seen.revision;
}
