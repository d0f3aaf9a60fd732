import { DossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath, nameOf, namesOf, printable } from '../../core/paths.ts';
import type { Clock, FileStat, FilesPort } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { Entry } from '../../drive/entry.ts';
import { ofEntry, type Unreadable } from '../../drive/unreadable.ts';

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
  /** What lies in one folder, by name. */
  entries(path: DrivePath): Promise<FolderPart>;
}

/** What lies in one folder, or in several of them. */
export interface FolderPart {
  readonly entries: readonly Entry[];
  readonly unreadable: readonly Unreadable[];
}

/** Milliseconds for which a later writing may leave size and time as they are: the clocks of disks are that coarse. */
const settlingMs = 2_000;

export function createLocalTree(files: FilesPort, root: string, clock?: Pick<Clock, 'now'>): LocalTree {
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
        { advice: null, path: root },
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
    if (!found) throw new DossierError('parent-missing', say`There is no folder ${path}`, { path });
    if (found.stat.kind !== 'folder') throw new DossierError('type-mismatch', say`${path} is a file`, { path });
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
      if (!found) throw new DossierError('not-found', say`There is no folder ${path}`, { path });
      if (found.stat.kind !== 'folder') throw new DossierError('type-mismatch', say`${path} is a file`, { path });
      const names = (await files.list(found.native)).filter((name) => !unfinished.test(name)).sort();
      const entries: Entry[] = [];
      const unreadable: Unreadable[] = [];
      const taken = new Set<DrivePath>();
      for (const name of names) {
        const read = await entryNamed(path, found.native, name, taken);
        if (read === undefined) continue;
        if ('type' in read) entries.push(read);
        else unreadable.push(read);
      }
      return { entries, unreadable };
    },
  };

  async function entryNamed(
    folder: DrivePath,
    native: string,
    name: string,
    taken: Set<DrivePath>,
  ): Promise<Entry | Unreadable | undefined> {
    const nameless = (sentence: string): Unreadable => ({
      path: folder,
      spelling: name,
      error: new DossierError('invalid-path', say`${sentence}: "${printable(name)}"`, {
        where: 'localFolder',
        path: folder,
      }),
    });
    const path = joinPath(folder, name);
    try {
      const stat = await files.stat(files.join(native, name));
      if (stat?.kind === 'other') return undefined;
      // What is listed and cannot be found has a name of other bytes than those that we were told.
      if (!stat) return name.includes('\ufffd') ? nameless('The name of this file is not UTF-8') : undefined;
      if (taken.has(path)) return nameless('Two names in this folder differ only in how their letters are composed');
      taken.add(path);
      return toEntry(path, stat, clock?.now());
    } catch (error) {
      return { path, error: ofEntry(error) };
    }
  }
}

function isRecent({ modified, changed }: FileStat, now: number): boolean {
  return [modified, changed].some((time) => Math.abs(now - time) <= settlingMs);
}

export function toEntry(path: DrivePath, stat: FileStat, now?: number): Entry {
  if (stat.kind === 'folder') return { type: 'folder', path, name: nameOf(path) };
  const revision = `${stat.id}:${stat.size}:${stat.modified}`;
  return {
    type: 'file',
    path,
    name: nameOf(path),
    size: stat.size,
    modified: Math.floor(stat.modified),
    revision,
    ...(now !== undefined && isRecent(stat, now) && { unsettled: true }),
    downloadable: true,
  };
}
