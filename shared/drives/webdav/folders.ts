import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, namesOf, parentOf } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { Entry, FolderEntry } from '../../drive/entry.ts';
import { ofEntry, type Unreadable } from '../../drive/unreadable.ts';

/** Folders listed at one time. */
const lanes = 4;
/** Deepest nesting and most folders that are believed: a server may make up more of them for ever. */
const maxLevels = 200;
const maxFolders = 200_000;

/** A part of what lies directly in a folder. */
export interface FolderPart {
  readonly entries: readonly Entry[];
  readonly unreadable: readonly Unreadable[];
}

interface Listed extends FolderPart {
  readonly folder: DrivePath;
  /** Nothing is known of what lies in it now; it is among `unreadable` itself. */
  readonly failed?: true;
  /** The folder was there when its parent was listed, and is not any more. */
  readonly vanished?: true;
}

type Children = (folder: DrivePath, context?: Context) => AsyncIterable<FolderPart>;

/** Folders that may fail one after the other before the root is asked whether the server is well at all. */
const failuresInARow = 8;

/**
 * Lists a folder and, below it, each folder that `enter` picks; a folder is named before its content. Keeps a few
 * listings under way at a time. A folder that cannot be listed does not keep the others from it.
 */
export async function* walkFolders(
  root: DrivePath,
  children: Children,
  context: Context = {},
  enter: (folder: FolderEntry) => boolean = () => true,
): AsyncIterable<Listed> {
  const stop = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal;
  const listAll = createLister(root, children, signal);
  const waiting: DrivePath[] = [root];
  const underWay: Promise<Listed>[] = [];
  let folders = 1;
  try {
    while (waiting.length > 0 || underWay.length > 0) {
      while (waiting.length > 0 && underWay.length < lanes) {
        const listing = listAll(waiting.shift() as DrivePath);
        // It is awaited in its turn; until then a failure must not count as unhandled.
        listing.catch(() => undefined);
        underWay.push(listing);
      }
      const listed = await (underWay.shift() as Promise<Listed>);
      for (const entry of listed.entries) {
        if (entry.type !== 'folder' || !enter(entry)) continue;
        if (++folders > maxFolders || namesOf(entry.path).length > maxLevels)
          throw new DossierError('invalid-response', 'The server names folders without an end', { path: root });
        waiting.push(entry.path);
      }
      yield listed;
    }
  } finally {
    stop.abort();
  }
}

function createLister(
  root: DrivePath,
  children: Children,
  signal: AbortSignal,
): (folder: DrivePath) => Promise<Listed> {
  let failures = 0;

  const list = async (folder: DrivePath): Promise<Listed> => {
    const entries: Entry[] = [];
    const unreadable: Unreadable[] = [];
    for await (const part of children(folder, { signal })) {
      entries.push(...part.entries);
      unreadable.push(...part.unreadable);
    }
    return { folder, entries, unreadable };
  };

  /** A folder that is not found may have gone since its parent was listed; or the server contradicts itself. */
  const isStillNamed = async (folder: DrivePath): Promise<boolean> => {
    const { entries } = await list(parentOf(folder));
    return entries.some(({ path, type }) => path === folder && type === 'folder');
  };

  return async (folder) => {
    try {
      const listed = await list(folder);
      failures = 0;
      return listed;
    } catch (thrown) {
      if (folder === root) throw thrown;
      const error = ofEntry(thrown);
      const gone = isDossierError(error, 'not-found') || isDossierError(error, 'type-mismatch');
      if (gone && !(await isStillNamed(folder).catch(() => true)))
        return { folder, entries: [], unreadable: [], vanished: true };
      // Is it these folders, or the whole server?
      if (++failures % failuresInARow === 0) await list(root);
      return { folder, entries: [], unreadable: [{ path: folder, error }], failed: true };
    }
  };
}
