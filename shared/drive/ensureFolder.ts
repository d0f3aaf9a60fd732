import { DossierError, isDossierError } from '../core/errors.ts';
import { type DrivePath, nameOf, parentOf, rootPath } from '../core/paths.ts';
import type { Context, Drive } from './drive.ts';
import type { FolderEntry } from './entry.ts';

/**
 * The folder at `path`, made with its parents where it is missing. Somebody else may make it at the same time.
 * `type-mismatch` when a file stands there.
 */
export async function ensureFolder(drive: Drive, path: DrivePath, context?: Context): Promise<FolderEntry> {
  const found = await drive.stat({ path }, context);
  if (found?.type === 'folder') return found;
  if (found || path === rootPath)
    throw new DossierError('type-mismatch', undefined, { operation: 'createFolder', where: drive.kind, path });
  try {
    return await drive.createFolder({ path: parentOf(path) }, nameOf(path), context);
  } catch (error) {
    if (isDossierError(error, 'parent-missing')) await ensureFolder(drive, parentOf(path), context);
    else if (!isDossierError(error, 'already-exists')) throw error;
    return ensureFolder(drive, path, context);
  }
}
