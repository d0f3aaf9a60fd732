import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { foldedName } from '../../core/names.ts';
import { type DrivePath, isWithin, joinPath, parentOf, parsePath, rootPath } from '../../core/paths.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import type { Entry, EntryRef, FileEntry, FolderEntry } from '../../drive/entry.ts';
import { ofEntry, type Unreadable } from '../../drive/unreadable.ts';

export const rootEntry: FolderEntry = { type: 'folder', path: rootPath, name: '' };

/** One metadata object of a listing. */
export type Listed = { readonly entry: Entry } | { readonly gone: DrivePath } | { readonly unreadable: Unreadable };

/**
 * The server is not trusted: what does not fit cannot be read, and stands for itself where its path can be; else for
 * all of `folder`.
 */
export function parseListed(value: unknown, folder: DrivePath): Listed {
  try {
    if (isRecord(value) && value['.tag'] === 'deleted') return { gone: pathOf(value) };
    return { entry: parseEntry(value) };
  } catch (error) {
    return { unreadable: { path: isRecord(value) ? likelyPathOf(value, folder) : folder, error: ofEntry(error) } };
  }
}

function likelyPathOf(value: Record<string, unknown>, folder: DrivePath): DrivePath {
  try {
    const path = pathOf(value);
    return isWithin(foldedName(path) as DrivePath, foldedName(folder) as DrivePath) ? path : folder;
  } catch {
    return folder;
  }
}

export function parseEntry(value: unknown): Entry {
  const tag = isRecord(value) ? value['.tag'] : undefined;
  if (tag === 'folder') return parseFolder(value);
  if (tag === 'file') return parseFile(value);
  throw unknown(say`an entry that is neither file nor folder`);
}

/** Routes that can only answer with a file leave the tag out. */
export function parseFile(value: unknown): FileEntry {
  if (!isRecord(value)) throw unknown(say`no metadata of a file`);
  const { rev, size, content_hash: hash } = value;
  const modified = Date.parse(String(value['server_modified']));
  if (typeof rev !== 'string' || rev === '' || !isSize(size) || Number.isNaN(modified))
    throw unknown(say`incomplete metadata of a file`);
  if (hash !== undefined && (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)))
    throw unknown(say`a content hash that is none`);
  return {
    type: 'file',
    ...placeOf(value),
    size,
    revision: rev,
    modified,
    ...(hash === undefined ? {} : { digest: hash }),
    downloadable: value['is_downloadable'] !== false,
  };
}

export function parseFolder(value: unknown): FolderEntry {
  if (!isRecord(value)) throw unknown(say`no metadata of a folder`);
  return { type: 'folder', ...placeOf(value) };
}

function placeOf(value: Record<string, unknown>): { path: DrivePath; name: string; id: string } {
  const path = pathOf(value);
  if (!isId(value['id'])) throw unknown(say`an entry without id`);
  return { path, name: path.slice(path.lastIndexOf('/') + 1), id: value['id'] };
}

/** The parents in `path_display` may be in another case than they really are; the last name is always in `name`. */
function pathOf({ name, path_display: display, path_lower: lower }: Record<string, unknown>): DrivePath {
  const shown = typeof display === 'string' ? display : lower;
  if (typeof name !== 'string' || typeof shown !== 'string' || !shown.startsWith('/'))
    throw unknown(say`an entry without path`);
  try {
    const path = parsePath(shown);
    return joinPath(parentOf(path), name);
  } catch (error) {
    throw isDossierError(error, 'invalid-path') ? unknown(say`a path that leads astray`) : error;
  }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^id:[\w-]+$/.test(value);
}

export function unknown(what: Sentence): DossierError {
  return new DossierError('invalid-response', say`Dropbox gave ${what}`, { where: 'dropbox' });
}

/**
 * How Dropbox is told what is meant: by id where there is one, which a rename cannot mislead. The root is the empty
 * path.
 */
export function pathArgument(ref: EntryRef): string {
  if (ref.id === undefined) return ref.path === rootPath ? '' : ref.path;
  if (!isId(ref.id))
    throw new DossierError('invalid-input', 'That is not an entry of Dropbox', { where: 'dropbox', path: ref.path });
  return ref.id;
}

export function isRoot(ref: EntryRef): boolean {
  return ref.id === undefined && ref.path === rootPath;
}
