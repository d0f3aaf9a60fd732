import { DossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath, nameOf, namesOf } from '../../core/paths.ts';
import type { FileStat, FilesPort } from '../../core/ports.ts';
import type { Entry } from '../../drive/entry.ts';

/** Names of unfinished uploads: hidden from listings, never published under this name. */
export const unfinished = /^\.dossier-[0-9a-f]{32}\.tmp$/;

/** A folder of the machine seen as a drive: paths in, native paths out, and nothing outside the root reachable. */
export interface LocalTree {
  /** Native path of what is there, or undefined. Symbolic links lead nowhere. */
  find(path: DrivePath): Promise<{ native: string; stat: FileStat } | undefined>;
  /** Native path of a folder that must be there. */
  folder(path: DrivePath): Promise<string>;
  /** Native path for a new name in a folder that must be there. */
  fresh(folder: DrivePath, name: string): Promise<{ native: string; path: DrivePath }>;
  /** Entries of one folder, by name. */
  entries(path: DrivePath): Promise<Entry[]>;
}

export function createLocalTree(files: FilesPort, root: string): LocalTree {
  /** Native name of one NFC name in a folder: disks may hold the decomposed form. */
  const step = async (folder: string, name: string): Promise<{ native: string; stat: FileStat } | undefined> => {
    const direct = files.join(folder, name);
    const stat = await files.stat(direct);
    if (stat) return { native: direct, stat };
    const other = (await files.list(folder)).find(
      (candidate) => candidate !== name && candidate.normalize('NFC') === name,
    );
    if (other === undefined) return undefined;
    const native = files.join(folder, other);
    const found = await files.stat(native);
    return found && { native, stat: found };
  };

  const find: LocalTree['find'] = async (path) => {
    const rootStat = await files.stat(root);
    if (rootStat?.kind !== 'folder')
      throw new DossierError(
        'not-found',
        'The folder of this connection is not there (any more). Check that the disk is connected',
        { path: root },
      );
    let at: { native: string; stat: FileStat } | undefined = { native: root, stat: rootStat };
    for (const name of namesOf(path)) {
      if (at.stat.kind !== 'folder') return undefined;
      at = await step(at.native, name);
      if (!at || at.stat.kind === 'other') return undefined;
    }
    return at;
  };

  const folder: LocalTree['folder'] = async (path) => {
    const found = await find(path);
    if (!found) throw new DossierError('parent-missing', `There is no folder ${path}`, { path });
    if (found.stat.kind !== 'folder') throw new DossierError('type-mismatch', `${path} is a file`, { path });
    return found.native;
  };

  return {
    find,
    folder,
    async fresh(parent, name) {
      const path = joinPath(parent, name);
      if (/[\\/\0]/.test(name)) throw new DossierError('invalid-path', 'The name has a separator in it', { path });
      return { native: files.join(await folder(parent), nameOf(path)), path };
    },
    async entries(path) {
      const found = await find(path);
      if (!found) throw new DossierError('not-found', `There is no folder ${path}`, { path });
      if (found.stat.kind !== 'folder') throw new DossierError('type-mismatch', `${path} is a file`, { path });
      const names = (await files.list(found.native)).filter((name) => !unfinished.test(name)).sort();
      const entries: Entry[] = [];
      for (const name of names) {
        const stat = await files.stat(files.join(found.native, name));
        if (stat && stat.kind !== 'other') entries.push(toEntry(joinPath(path, name), stat));
      }
      return entries;
    },
  };
}

export function toEntry(path: DrivePath, stat: FileStat): Entry {
  if (stat.kind === 'folder') return { type: 'folder', path, name: nameOf(path) };
  const revision = `${stat.id}:${stat.size}:${stat.modified}`;
  return {
    type: 'file',
    path,
    name: nameOf(path),
    size: stat.size,
    modified: Math.floor(stat.modified),
    revision,
    downloadable: true,
  };
}
