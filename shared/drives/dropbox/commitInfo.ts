import type { files } from 'dropbox';
import { DossierError } from '../../core/errors.ts';
import { joinPath, parseName } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { UploadTarget } from '../../drive/uploadSession.ts';
import type { Lookup } from './files.ts';
import { isRoot, pathArgument } from './metadata.ts';

/**
 * `id:…/name` where the folder is known by id, so that a rename of the folder meanwhile changes nothing. A folder known
 * by path is looked up first: Dropbox would create it if it were missing.
 */
export async function targetPath(
  { folder, name }: UploadTarget,
  lookup: Pick<Lookup, 'parent'>,
  operation: string,
  context?: Context,
): Promise<string> {
  const checked = parseName(name);
  if (isRoot(folder)) return `/${checked}`;
  const home = folder.id === undefined ? await lookup.parent(folder, operation, context) : folder;
  return home.id === undefined ? joinPath(home.path, checked) : `${pathArgument(home)}/${checked}`;
}

/**
 * Strict: identical content in the way is a conflict too. Without it, Dropbox answers success to two clients that write
 * the same bytes with the same expected revision. It still keeps the old revision when content does not change, so a
 * revision is no counter of writes.
 */
export function commitInfo({ replace, modified }: UploadTarget, path: string): files.CommitInfo {
  return {
    path,
    mode: replace === undefined ? { '.tag': 'add' } : { '.tag': 'update', update: replace },
    autorename: false,
    strict_conflict: true,
    ...(modified === undefined ? {} : { client_modified: wholeSeconds(modified) }),
  };
}

/** The only form of a time that Dropbox takes. */
function wholeSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** In an update every conflict means that the revision is no longer the one expected. */
export function conflictOf(error: DossierError, { replace }: UploadTarget): DossierError {
  if (replace === undefined || error.code !== 'already-exists') return error;
  const { operation, where, path, status } = error;
  return new DossierError('revision-conflict', 'The file is no longer the version that was to be replaced', {
    ...(operation === undefined ? {} : { operation }),
    ...(where === undefined ? {} : { where }),
    ...(path === undefined ? {} : { path }),
    ...(status === undefined ? {} : { status }),
    cause: error,
  });
}
