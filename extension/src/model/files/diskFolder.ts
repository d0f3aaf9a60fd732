import { DossierError, type FilesPort, type FolderReader, type FoundFile, say } from '../../../../shared/index.ts';

/** A folder of this computer. Links are not followed: they may lead anywhere. */
export function diskFolder(files: FilesPort, root: string): FolderReader {
  const native = (path: string) => files.join(root, ...path.split('/'));
  const below = async (folder: string, into: FoundFile[]): Promise<FoundFile[]> => {
    for (const name of await files.list(folder === '' ? root : native(folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = await files.stat(native(path));
      if (stat?.kind === 'folder') await below(path, into);
      else if (stat?.kind === 'file') into.push({ path, size: stat.size });
      else if (stat)
        throw new DossierError('unsupported', say`"${path}" is a link, and links are not followed`, { advice: null });
      else throw new DossierError('not-found', say`"${path}" cannot be looked at under this name`, { advice: null });
    }
    return into;
  };
  return { list: () => below('', []), read: (path) => files.read(native(path)) };
}
