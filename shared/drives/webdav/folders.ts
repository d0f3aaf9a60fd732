import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, namesOf } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { Entry, FolderEntry } from '../../drive/entry.ts';

/** Folders listed at one time. */
const lanes = 4;
/** Deepest nesting and most folders that are believed: a server may make up more of them for ever. */
const maxLevels = 200;
const maxFolders = 200_000;

interface Listed {
  readonly folder: DrivePath;
  readonly entries: readonly Entry[];
  /** The folder was there when its parent was listed, and is not any more. */
  readonly vanished?: true;
}

type Children = (folder: DrivePath, context?: Context) => AsyncIterable<readonly Entry[]>;

/**
 * Lists a folder and, below it, each folder that `enter` picks; a folder is named before its content. Keeps a few
 * listings under way at a time.
 */
export async function* walkFolders(
  root: DrivePath,
  children: Children,
  context: Context = {},
  enter: (folder: FolderEntry) => boolean = () => true,
): AsyncIterable<Listed> {
  const stop = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal;
  const listAll = async (folder: DrivePath): Promise<Listed> => {
    const entries: Entry[] = [];
    try {
      for await (const batch of children(folder, { signal })) entries.push(...batch);
      return { folder, entries };
    } catch (error) {
      const gone = isDossierError(error, 'not-found') || isDossierError(error, 'type-mismatch');
      if (gone && folder !== root) return { folder, entries: [], vanished: true };
      throw error;
    }
  };
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
