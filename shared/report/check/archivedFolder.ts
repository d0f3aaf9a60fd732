import { type ArchiveBytes, openArchive } from '../../core/archive.ts';
import { DossierError } from '../../core/errors.ts';
import { bagDeclaration } from '../bag/bagNames.ts';
import { manifestName } from '../content/fileNames.ts';
import type { FolderReader } from './folderReader.ts';

/** What the file managers of some systems add of their own accord. */
const added = /^__MACOSX\/|^\.DS_Store$/;

/**
 * The folder that an archive holds: at its top, or the only one that lies there, as the standard wants it for a bag.
 * Codes: as `openArchive`; `invalid-response` for more than one.
 */
export async function archivedFolder(bytes: ArchiveBytes): Promise<FolderReader> {
  const archive = await openArchive(bytes);
  const files = archive.files.filter(({ path }) => !added.test(path));
  const isAtTop = files.some(({ path }) => path === bagDeclaration || path === manifestName);
  const tops = new Set(files.map(({ path }) => path.split('/', 1)[0]!));
  const [top] = tops;
  if (!isAtTop && (tops.size !== 1 || files.some(({ path }) => !path.includes('/'))))
    throw new DossierError('invalid-response', 'The archive does not hold one bag or one report', { advice: null });
  const skip = isAtTop ? 0 : top!.length + 1;
  const within = files.map(({ path, size }) => ({ path: path.slice(skip), size }));
  return { list: async () => within, read: (path) => archive.read(isAtTop ? path : `${top}/${path}`) };
}
