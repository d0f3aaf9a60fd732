import { createBudget } from '../../core/budget.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath, nameOf, parentOf, parseName } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Entry, EntryRef } from '../../drive/entry.ts';
import { refuseInsideItself, refuseRoot } from '../../drive/reference.ts';
import { ofEntry, refuseUnreadable, type Unreadable } from '../../drive/unreadable.ts';
import type { DavClient, DavResource } from './client.ts';
import { readContent } from './content.ts';
import type { MakeFolder } from './exclusive.ts';
import { type FolderPart, walkFolders } from './folders.ts';
import { isOurOwn, isUnfinished } from './temporary.ts';

export interface DavFilesOptions {
  readonly client: DavClient;
  readonly clock: Clock;
  /** Properties to ask for, and how they make an entry. */
  readonly properties: readonly string[];
  readonly parseEntry: (resource: DavResource) => Entry;
  /** Where a reference lies now; `not-found` when its id is nowhere. */
  readonly resolve: (ref: EntryRef, context?: Context) => Promise<DrivePath>;
  readonly makeFolder: MakeFolder;
  /** Headers of a removal that leaves nothing in a trash; none where the server has no trash. */
  readonly permanently?: Readonly<Record<string, string>>;
}

/** Everything of the drive contract that every WebDAV server does alike. */
export interface DavFiles
  extends Pick<Drive, 'list' | 'read' | 'createFolder' | 'remove' | 'move' | 'copy' | 'clearUnfinished'> {
  /** The entry at a path. */
  entryAt(path: DrivePath, operation: string, context?: Context): Promise<Entry | undefined>;
  /** What the server has just said that it made; some show it only a moment later. `server-error` when it stays away. */
  arrived(path: DrivePath, operation: string, context?: Context): Promise<Entry>;
  /** What lies directly in a folder, without what only this drive needs there. */
  children(folder: DrivePath, context?: Context): AsyncIterable<FolderPart>;
}

/**
 * Answers to the making of a folder that may mean that the name is taken: Apache calls it a bad request when a file has
 * the name, and forbidden when another client was faster; Nextcloud's locks refuse all but one, or all.
 */
const mayMeanTaken: ReadonlySet<number> = new Set([400, 403, 405, 423]);

/** Leftovers that are taken away at one time. */
const mostCleared = 100;

/** How often what must be there is looked for, and milliseconds before the second time; they double from there. */
const looksForArrived = 4;
const firstPauseMs = 250;

export function createDavFiles(options: DavFilesOptions): DavFiles {
  const { client, clock, properties, parseEntry, resolve, makeFolder, permanently } = options;
  const { hrefs } = client;

  const entryAt = async (path: DrivePath, operation: string, context?: Context) => {
    const found = await client.look(path, properties, { operation, path }, context);
    return found && parseEntry(found);
  };

  const arrived = async (path: DrivePath, operation: string, context?: Context): Promise<Entry> => {
    const details = { operation, where: client.kind, path };
    const looks = createBudget(
      looksForArrived,
      () => new DossierError('server-error', 'The server said that it was done, and shows nothing', details),
    );
    for (let pause = 0; ; pause = Math.max(firstPauseMs, pause * 2)) {
      looks.spend();
      if (pause > 0) await clock.sleep(pause, context?.signal);
      const entry = await entryAt(path, operation, context);
      if (entry) return entry;
    }
  };

  const parsed = (resource: DavResource): Entry | Unreadable => {
    try {
      return parseEntry(resource);
    } catch (error) {
      return { path: resource.path, error: ofEntry(error) };
    }
  };

  async function* children(folder: DrivePath, context?: Context): AsyncIterable<FolderPart> {
    const mismatch = () =>
      new DossierError('type-mismatch', undefined, { operation: 'list', where: client.kind, path: folder });
    for await (const part of client.scan(folder, properties, { operation: 'list', path: folder }, context)) {
      const entries: Entry[] = [];
      const unreadable = [...part.unreadable];
      for (const resource of part.resources) {
        const entry = parsed(resource);
        if (resource.path === folder) {
          if ('type' in entry && entry.type === 'file') throw mismatch();
        } else if (!('type' in entry)) unreadable.push(entry);
        else if (!isOurOwn(entry.name)) entries.push(entry);
      }
      if (entries.length + unreadable.length > 0) yield { entries, unreadable };
    }
  }

  const parentPath = (ref: EntryRef, operation: string, context?: Context) =>
    resolve(ref, context).catch((error: unknown) => {
      if (isDossierError(error, 'not-found'))
        throw new DossierError('parent-missing', undefined, { operation, where: client.kind, path: ref.path });
      throw error;
    });

  const relocate = async (
    method: 'MOVE' | 'COPY',
    operation: string,
    ref: EntryRef,
    folder: EntryRef,
    name: string,
    context?: Context,
  ) => {
    const refusal = { operation, where: client.kind };
    const from = await resolve(ref, context);
    refuseRoot(from, refusal);
    const to = joinPath(await parentPath(folder, operation, context), parseName(name));
    refuseInsideItself(from, to, refusal);
    if (from === to) throw new DossierError('already-exists', undefined, { operation, where: client.kind, path: to });
    const headers: Record<string, string> = { Overwrite: 'F', ...(method === 'COPY' && { Depth: 'infinity' }) };
    const folderNamed = 'type' in ref && ref.type === 'folder';
    const relocated = () =>
      client.relocate({ method, from, to, folder: folderNamed, headers }, { operation, path: to }, context);
    await client
      .spelled(parentOf(to), () => client.spelled(from, relocated, context), context)
      .catch(async (error: unknown) => {
        // `rclone serve` forbids what is not there.
        if (isDossierError(error, 'forbidden') && !(await entryAt(from, operation, context)))
          throw new DossierError('not-found', undefined, { operation, where: client.kind, path: from });
        throw error;
      });
    return arrived(to, operation, context);
  };

  /**
   * Whether a name is taken is settled by looking. One that is not, and is refused with 405 all the same, may have been
   * given up in that moment; refused once more, it is the method that is forbidden.
   */
  const makeUnlessTaken: MakeFolder = async (path, exists, context) => {
    const details = { operation: 'createFolder', where: client.kind, path };
    const tries = createBudget(
      2,
      () =>
        new DossierError(
          'unsupported',
          'The server, or a proxy before it, does not let folders be made here (MKCOL)',
          details,
        ),
    );
    for (;;) {
      tries.spend();
      try {
        return await makeFolder(path, exists, context);
      } catch (error) {
        const status = isDossierError(error) ? error.status : undefined;
        if (status === undefined || !mayMeanTaken.has(status)) throw error;
        if (await exists(path)) throw new DossierError('already-exists', undefined, details);
        if (status !== 405) throw error;
      }
    }
  };

  /** Some servers take a folder only with the slash at its end. */
  const addressOf = (ref: EntryRef, path: DrivePath) =>
    'type' in ref && ref.type === 'folder' ? hrefs.folderUrlOf(path) : hrefs.urlOf(path);

  return {
    entryAt,
    arrived,
    children,
    async *list(folder, { recursive = false, onUnreadable = refuseUnreadable } = {}, context) {
      const path = await resolve(folder, context);
      const parts = recursive ? walkFolders(path, children, context) : children(path, context);
      for await (const { entries, unreadable } of parts) {
        unreadable.forEach(onUnreadable);
        if (entries.length > 0) yield entries;
      }
    },
    async *read(ref, range = {}, context) {
      const path = await resolve(ref, context);
      // Servers answer a GET of a folder with a page for people, which must not be taken for a file.
      if (!('type' in ref)) {
        const entry = await entryAt(path, 'read', context);
        if (!entry) throw new DossierError('not-found', undefined, { operation: 'read', where: client.kind, path });
        if (entry.type === 'folder')
          throw new DossierError('type-mismatch', undefined, { operation: 'read', where: client.kind, path });
      } else if (ref.type === 'folder')
        throw new DossierError('type-mismatch', undefined, { operation: 'read', where: client.kind, path });
      yield* (await readContent(client, path, range, context)).bytes;
    },
    async createFolder(parent, name, context) {
      const path = joinPath(await parentPath(parent, 'createFolder', context), parseName(name));
      const exists = async (at: DrivePath) => (await entryAt(at, 'createFolder', context)) !== undefined;
      const make = () => makeUnlessTaken(path, exists, context);
      const made = await client.spelled(parentOf(path), make, context);
      if (made) return made;
      const entry = await arrived(path, 'createFolder', context);
      if (entry.type !== 'folder')
        throw new DossierError('already-exists', undefined, { operation: 'createFolder', where: client.kind, path });
      return entry;
    },
    async remove(ref, context) {
      try {
        const path = await resolve(ref, context);
        refuseRoot(path, { operation: 'remove', where: client.kind });
        const take = () =>
          client.perform(
            {
              method: 'DELETE',
              url: addressOf(ref, path),
              ...(context?.permanently && permanently && { headers: permanently }),
            },
            { operation: 'remove', path },
            context,
          );
        await client.spelled(path, take, context);
      } catch (error) {
        if (!isDossierError(error, 'not-found')) throw error;
      }
    },
    async clearUnfinished(folder, context) {
      const path = await resolve(folder, context);
      const purpose = { operation: 'clearUnfinished', path };
      const found: DrivePath[] = [];
      for await (const { resources } of client.scan(path, properties, purpose, context))
        found.push(...resources.map((resource) => resource.path).filter((each) => isUnfinished(nameOf(each))));
      for (const each of found.slice(0, mostCleared))
        await client
          .perform({ method: 'DELETE', url: hrefs.urlOf(each), headers: permanently ?? {} }, purpose, context)
          .catch(unlessGone);
    },
    move: (ref, folder, name, context) => relocate('MOVE', 'move', ref, folder, name, context),
    copy: (ref, folder, name, context) => relocate('COPY', 'copy', ref, folder, name, context),
  };
}

function unlessGone(error: unknown): void {
  if (!isDossierError(error, 'not-found')) throw error;
}
