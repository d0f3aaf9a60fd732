import { createBudget } from '../core/budget.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { type DrivePath, nameOf, parentOf, rootPath } from '../core/paths.ts';
import { say } from '../core/sentence.ts';
import type { Context, Drive } from './drive.ts';
import type { EntryRef, FolderEntry } from './entry.ts';

/** Looks at a folder that is neither there nor can be made, before that is believed. */
const mostLooks = 5;

/**
 * The folder at `path`, made with its parents where it is missing. Somebody else may make or remove it at the same time.
 *
 * @throws `type-mismatch` when a file stands there; `server-error` when the server keeps contradicting itself.
 */
export async function ensureFolder(drive: Drive, path: DrivePath, context?: Context): Promise<FolderEntry> {
  const details = { operation: 'createFolder', where: drive.kind, path };
  const looks = createBudget(
    mostLooks,
    () =>
      new DossierError('server-error', say`The server says that ${path} is taken, and shows nothing there`, details),
  );
  for (;;) {
    looks.spend();
    const found = await drive.stat({ path }, context);
    if (found?.type === 'folder') return found;
    if (found || path === rootPath) throw new DossierError('type-mismatch', undefined, details);
    try {
      return await drive.createFolder({ path: parentOf(path) }, nameOf(path), context);
    } catch (error) {
      if (isDossierError(error, 'parent-missing')) await ensureFolder(drive, parentOf(path), context);
      else if (!isDossierError(error, 'already-exists')) throw error;
    }
  }
}

/**
 * Makes a folder in one that is made, too, where it is missing.
 *
 * @throws as `Drive.createFolder`; `server-error` when the server does not show the parent that it has just made.
 */
export async function createFolderIn(
  drive: Drive,
  parent: EntryRef,
  name: string,
  context?: Context,
): Promise<FolderEntry> {
  try {
    return await drive.createFolder(parent, name, context);
  } catch (error) {
    if (!isDossierError(error, 'parent-missing')) throw error;
  }
  await ensureFolder(drive, parent.path, context);
  return drive.createFolder(parent, name, context).catch((error: unknown) => {
    if (!isDossierError(error, 'parent-missing')) throw error;
    const details = { operation: 'createFolder', where: drive.kind, path: parent.path, cause: error };
    throw new DossierError(
      'server-error',
      say`The server does not show ${parent.path}, which it has just made`,
      details,
    );
  });
}
