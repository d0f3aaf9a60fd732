import type { files } from 'dropbox';
import { DossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { foldedName } from '../../core/names.ts';
import { type DrivePath, isWithin, joinPath, nameOf, parentOf, rootPath } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import type { Context } from '../../drive/drive.ts';
import type { Entry, EntryRef } from '../../drive/entry.ts';
import type { DropboxApi } from './api.ts';
import type { Lookup } from './files.ts';
import { isRoot, type Listed, parseListed, pathArgument, unknown } from './metadata.ts';
import type { Turns } from './turns.ts';

export interface Page {
  readonly listed: readonly Listed[];
  readonly cursor: string;
  readonly more: boolean;
}

export interface Listing {
  /** From the first page on. */
  pages(folder: EntryRef, recursive: boolean, operation: string, context?: Context): AsyncIterable<Page>;
  /** From a cursor on. */
  pagesFrom(folder: EntryRef, cursor: string, operation: string, context?: Context): AsyncIterable<Page>;
  latestCursor(folder: EntryRef, context?: Context): Promise<string>;
}

/** The most that Dropbox gives at a time. */
const pageSize = 2000;
// A server that always promises more must come to an end.
const maxEmptyPages = 1000;

export function createListing(api: DropboxApi, lookup: Lookup, turns: Turns): Listing {
  /** Two calls with the same parameters at one time are refused as too many, so each folder has one at a time. */
  const call = (folder: EntryRef, route: string, argument: object, operation: string, context: Context | undefined) =>
    turns.take(
      `list ${pathArgument(folder)}`,
      async () => parsePage(await api.rpc(route, argument, { operation, path: folder.path }, context), folder.path),
      context?.signal,
    );

  async function* walk(
    folder: EntryRef,
    first: Page,
    operation: string,
    context: Context | undefined,
  ): AsyncIterable<Page> {
    const inside = createInside(folder, lookup, context);
    const casing = createCasing();
    let page = first;
    for (let empty = 0; ; ) {
      const listed: Listed[] = [];
      for (const each of page.listed)
        if (!(await inside.isFolderItself(each))) listed.push(casing.correct(await inside.demand(each)));
      yield { ...page, listed };
      if (!page.more) return;
      empty = page.listed.length === 0 ? empty + 1 : 0;
      const next = await call(
        folder,
        'files/list_folder/continue',
        { cursor: page.cursor } satisfies files.ListFolderContinueArg,
        operation,
        context,
      );
      if (empty > maxEmptyPages || (next.more && next.cursor === page.cursor))
        throw unknown(say`a listing without end`);
      page = next;
    }
  }

  return {
    async *pages(folder, recursive, operation, context) {
      const argument = { path: pathArgument(folder), recursive, limit: pageSize } satisfies files.ListFolderArg;
      yield* walk(folder, await call(folder, 'files/list_folder', argument, operation, context), operation, context);
    },
    async *pagesFrom(folder, cursor, operation, context) {
      const argument = { cursor } satisfies files.ListFolderContinueArg;
      yield* walk(
        folder,
        await call(folder, 'files/list_folder/continue', argument, operation, context),
        operation,
        context,
      );
    },
    async latestCursor(folder, context) {
      const argument = { path: pathArgument(folder), recursive: true, limit: pageSize } satisfies files.ListFolderArg;
      const answer = await api.rpc(
        'files/list_folder/get_latest_cursor',
        argument,
        { operation: 'latestCursor', path: folder.path },
        context,
      );
      if (!isRecord(answer) || typeof answer['cursor'] !== 'string') throw unknown(say`no cursor`);
      return answer['cursor'];
    },
  };
}

function parsePage(answer: unknown, folder: DrivePath): Page {
  if (!isRecord(answer) || !Array.isArray(answer['entries']) || typeof answer['cursor'] !== 'string')
    throw unknown(say`a listing that is none`);
  return {
    listed: answer['entries'].map((value) => parseListed(value, folder)),
    cursor: answer['cursor'],
    more: answer['has_more'] === true,
  };
}

const placeOf = (listed: Exclude<Listed, { readonly unreadable: unknown }>): DrivePath =>
  'gone' in listed ? listed.gone : listed.entry.path;

/**
 * Holds a listing to the folder that was asked for. A folder named by id may have moved since, or its path is not known
 * at all: then it is looked up once.
 */
function createInside(folder: EntryRef, lookup: Lookup, context: Context | undefined) {
  let home = foldedName(folder.path) as DrivePath;
  let isCurrent = folder.id === undefined;
  const settle = async (path: DrivePath): Promise<DrivePath> => {
    const folded = foldedName(path) as DrivePath;
    if (!isCurrent && (home === rootPath || !isWithin(folded, home))) {
      isCurrent = true;
      home = foldedName((await lookup.stat(folder, context))?.path ?? folder.path) as DrivePath;
    }
    return folded;
  };
  return {
    /** A recursive listing names the folder itself as well. */
    async isFolderItself(listed: Listed): Promise<boolean> {
      return !isRoot(folder) && 'entry' in listed && (await settle(listed.entry.path)) === home;
    },
    async demand(listed: Listed): Promise<Listed> {
      if ('unreadable' in listed) return listed;
      if (!isWithin(await settle(placeOf(listed)), home)) {
        throw new DossierError('invalid-response', 'Dropbox listed something that is not in the folder', {
          where: 'dropbox',
          path: folder.path,
        });
      }
      return listed;
    },
  };
}

/** Gives parents the case in which their own entries came, as far as they came in this walk. */
function createCasing() {
  const folders = new Map<string, DrivePath>();
  return {
    correct(listed: Listed): Listed {
      if (!('entry' in listed)) return listed;
      const { entry } = listed;
      const parent = folders.get(foldedName(parentOf(entry.path)));
      const path = parent === undefined ? entry.path : joinPath(parent, nameOf(entry.path));
      if (entry.type === 'folder') folders.set(foldedName(path), path);
      return path === entry.path ? listed : { entry: { ...entry, path } };
    },
  };
}

/** Folders before their content, whatever order the server chose within a page. */
export function outermostFirst(entries: readonly Entry[]): Entry[] {
  const depth = ({ path }: Entry) => path.split('/').length;
  return [...entries].sort((a, b) => depth(a) - depth(b));
}
