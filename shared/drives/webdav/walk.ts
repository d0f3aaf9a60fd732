import { DossierError } from '../../core/errors.ts';
import { isRecord, type Json, parseJson } from '../../core/json.ts';
import { type DrivePath, isWithin, joinPath, parentOf, parsePath, rootPath } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import type { Change, ChangePage, Cursor } from '../../drive/changes.ts';
import type { Context } from '../../drive/drive.ts';
import type { Entry, FileEntry, FolderEntry } from '../../drive/entry.ts';
import type { Unreadable } from '../../drive/unreadable.ts';
import { type FolderPart, walkFolders } from './folders.ts';

/** What a cursor remembers of one entry. */
interface Known {
  readonly type: Entry['type'];
  /** Differs when the content does. */
  readonly mark: string;
  readonly id?: string;
}

type Memory = Map<DrivePath, Known>;

/** What a cursor remembers of a tree. */
interface Remembered {
  readonly entries: Memory;
  /** Per folder, the names in it that cannot be used, and that stood for no entry that was known before. */
  readonly nameless: ReadonlyMap<DrivePath, ReadonlySet<string>>;
}

export interface WalkOptions {
  readonly children: (folder: DrivePath, context?: Context) => AsyncIterable<FolderPart>;
  /** The folder revision changes with everything below it, so that an unchanged one need not be entered. */
  readonly propagates: boolean;
}

interface Root {
  readonly path: DrivePath;
  readonly entry?: FolderEntry | undefined;
}

const cursorFormat = 1;
/** A file of this mark may have been written again after the look that gave it: see `FileEntry.unsettled`. */
const unsettledMark = '~';
/** Of a folder that is to be entered whatever its revision says. */
const noMark = '';

/**
 * A change feed out of listings: the cursor remembers what was there, and a walk tells what differs. A folder's
 * revision is taken from the listing of its parent, thus before its own content is read: what changes during the walk
 * is found by the next one. What could not be read stays as it was known, and is looked at again.
 */
export async function* walkChanges(
  options: WalkOptions,
  root: Root,
  cursor: Cursor | undefined,
  context?: Context,
): AsyncIterable<ChangePage> {
  const remembered = cursor === undefined ? undefined : parseCursor(cursor, root.path);
  const look = createLook(options.propagates, root, remembered ?? nothing);
  const before = remembered ? (cursor as Cursor) : formatCursor(nothing, root.path);
  let reset: { reset?: true } = cursor !== undefined && !remembered ? { reset: true } : {};
  const vanished: Change[] = [];

  if (!root.entry || look.meet(root.entry)) {
    for await (const listed of walkFolders(root.path, options.children, context, look.mustEnter)) {
      look.note(listed.unreadable);
      if (listed.vanished && look.forget(listed.folder)) vanished.push({ type: 'gone', path: listed.folder });
      const changes = listed.entries.flatMap(look.see);
      if (changes.length === 0) continue;
      yield { changes, cursor: before, complete: false, ...reset };
      reset = {};
    }
  }
  const unreadable = look.settle();
  yield {
    changes: [...vanished, ...look.gone()],
    cursor: formatCursor(look.remembered, root.path),
    complete: true,
    ...reset,
    ...(unreadable.length > 0 && { unreadable }),
    ...(look.again.length > 0 && { again: look.again }),
  };
}

const nothing: Remembered = { entries: new Map(), nameless: new Map() };

/** One look at a tree, against what is remembered of it. */
function createLook(propagates: boolean, root: Root, old: Remembered) {
  const seen: Memory = new Map();
  const nameless = new Map<DrivePath, Set<string>>();
  const inFolder = childrenOf(old.entries);
  const unreadable: Unreadable[] = [];
  /** Their marks were those of a look that came too soon after the writing. */
  const again: FileEntry[] = [];

  const isUnchanged = (folder: FolderEntry) => {
    const known = old.entries.get(folder.path);
    return (
      propagates &&
      known?.type === 'folder' &&
      folder.revision !== undefined &&
      known.mark === markOf(folder) &&
      known.id === folder.id
    );
  };
  /** As it was known, with everything in it. */
  const keep = (path: DrivePath) => {
    const known = old.entries.get(path);
    if (known) seen.set(path, known);
    keepContent(path);
  };
  const keepContent = (folder: DrivePath) => {
    for (const path of inFolder.get(folder) ?? []) keep(path);
    const names = old.nameless.get(folder);
    if (!names) return;
    nameless.set(folder, new Set(names));
    for (const spelling of names) unreadable.push({ path: folder, spelling, error: stillNameless(spelling, folder) });
  };
  /** The next look enters all folders on the way to `path`, and that itself. */
  const comeBack = (path: DrivePath) => {
    for (let at = path; isWithin(at, root.path); at = parentOf(at)) {
      const known = seen.get(at);
      if (known?.type === 'folder') seen.set(at, { ...known, mark: noMark });
      if (at === rootPath) break;
    }
  };
  const mustEnter = (folder: FolderEntry) => !isUnchanged(folder);

  return {
    remembered: { entries: seen, nameless } satisfies Remembered,
    again,
    mustEnter,
    /** Begins with the root; false when nothing in it has changed. */
    meet(entry: FolderEntry): boolean {
      seen.set(root.path, knownOf(entry));
      if (isUnchanged(entry)) keepContent(root.path);
      return !isUnchanged(entry);
    },
    see(entry: Entry): Change[] {
      const before = old.entries.get(entry.path);
      const now = knownOf(entry);
      seen.set(entry.path, now);
      if (entry.type === 'folder' && isUnchanged(entry)) keepContent(entry.path);
      if (isNews(before, now)) return [{ type: 'present', entry }];
      if (entry.type === 'file' && isUnsettled(before)) again.push(entry);
      return [];
    },
    note(found: readonly Unreadable[]) {
      unreadable.push(...found);
    },
    /** A folder that went while it was looked at; true when only this look knew of it. */
    forget(folder: DrivePath): boolean {
      seen.delete(folder);
      return !old.entries.has(folder);
    },
    /** Nothing that could not be read counts as gone; gives all of it. */
    settle(): readonly Unreadable[] {
      for (const { path, spelling } of unreadable) {
        if (spelling !== undefined) continue;
        const now = seen.get(path);
        keep(path);
        if (now) seen.set(path, now);
      }
      const fresh = unreadable.filter(
        ({ path, spelling }) => spelling !== undefined && nameless.get(path)?.has(spelling) !== true,
      );
      for (const [folder, spellings] of spellingsByFolder(fresh)) {
        const known = old.nameless.get(folder);
        const missing = (inFolder.get(folder) ?? []).filter((path) => !seen.has(path));
        const isNew = [...spellings].some((spelling) => known?.has(spelling) !== true);
        // Any of them may be what is missing, as long as it is there.
        if (isNew && missing.length > 0) missing.forEach(keep);
        else nameless.set(folder, spellings);
        if (isNew && missing.length > 0) comeBack(folder);
      }
      for (const { path, spelling } of unreadable) if (spelling === undefined) comeBack(path);
      for (const [path, known] of seen) if (isUnsettled(known)) comeBack(parentOf(path));
      return unreadable;
    },
    gone: () => goneBetween(old.entries, seen, root.path),
  };
}

function stillNameless(spelling: string, folder: DrivePath): DossierError {
  return new DossierError(
    'invalid-response',
    say`The server still names something in a way that cannot be used: ${spelling}`,
    {
      path: folder,
    },
  );
}

function spellingsByFolder(unreadable: readonly Unreadable[]): Map<DrivePath, Set<string>> {
  const folders = new Map<DrivePath, Set<string>>();
  for (const { path, spelling } of unreadable)
    if (spelling !== undefined) folders.set(path, (folders.get(path) ?? new Set()).add(spelling));
  return folders;
}

function knownOf(entry: Entry): Known {
  return { type: entry.type, mark: markOf(entry), ...(entry.id !== undefined && { id: entry.id }) };
}

/** For a folder only what it is counts: its revision changes with its content, and that is told by itself. */
function isNews(old: Known | undefined, now: Known): boolean {
  if (old?.type !== now.type || old.id !== now.id) return true;
  return now.type === 'file' && settledMark(old) !== settledMark(now);
}

function isUnsettled(known: Known | undefined): boolean {
  return known?.type === 'file' && known.mark.startsWith(unsettledMark);
}

function settledMark(known: Known): string {
  return isUnsettled(known) ? known.mark.slice(unsettledMark.length) : known.mark;
}

function markOf(entry: Entry): string {
  if (entry.type === 'folder') return entry.revision ?? noMark;
  return `${entry.unsettled ? unsettledMark : ''}${entry.size} ${entry.modified} ${entry.revision}`;
}

function goneBetween(old: Memory, now: Memory, root: DrivePath): Change[] {
  const gone: Change[] = [];
  for (const [path, { id }] of old) {
    if (path === root || now.has(path)) continue;
    const parent = parentOf(path);
    const told = parent !== root && old.has(parent) && !now.has(parent);
    if (!told) gone.push({ type: 'gone', path, ...(id !== undefined && { id }) });
  }
  return gone;
}

function childrenOf(memory: Memory): Map<DrivePath, DrivePath[]> {
  const index = new Map<DrivePath, DrivePath[]>();
  for (const path of memory.keys()) {
    if (path === rootPath) continue;
    const parent = parentOf(path);
    const siblings = index.get(parent);
    if (siblings) siblings.push(path);
    else index.set(parent, [path]);
  }
  return index;
}

/** A path below the root as a cursor holds it: without the root; empty for the root itself. */
const insideOf = (path: DrivePath, root: DrivePath) => path.slice(root === rootPath ? 1 : root.length + 1);
const pathInside = (inside: string, root: DrivePath) =>
  inside === '' ? root : joinPath(root, ...parsePath(inside).slice(1).split('/'));

function formatCursor({ entries, nameless }: Remembered, root: DrivePath): Cursor {
  const rows: Json[] = Array.from(entries, ([path, { type, mark, id }]) => [
    insideOf(path, root),
    type === 'file' ? 1 : 0,
    mark,
    id ?? null,
  ]);
  const unnamed: Json[] = Array.from(nameless, ([path, spellings]) => [insideOf(path, root), ...spellings]);
  return JSON.stringify({ walk: cursorFormat, folder: root, entries: rows, ...(unnamed.length > 0 && { unnamed }) });
}

/** Undefined for a cursor of another folder, another format or another kind of drive: the walk then begins anew. */
function parseCursor(cursor: Cursor, root: DrivePath): Remembered | undefined {
  try {
    const parsed = parseJson(cursor, 'cursor-reset');
    if (
      !isRecord(parsed) ||
      parsed['walk'] !== cursorFormat ||
      parsed['folder'] !== root ||
      !Array.isArray(parsed['entries'])
    )
      return undefined;
    const unnamed = Array.isArray(parsed['unnamed']) ? (parsed['unnamed'] as string[][]) : [];
    return {
      entries: new Map(parsed['entries'].map((row) => parseRow(row, root))),
      nameless: new Map(unnamed.map(([inside = '', ...spellings]) => [pathInside(inside, root), new Set(spellings)])),
    };
  } catch {
    return undefined;
  }
}

function parseRow(row: unknown, root: DrivePath): [DrivePath, Known] {
  const [inside, kind, mark, id] = row as unknown[];
  if (typeof inside !== 'string' || typeof mark !== 'string') throw new TypeError('not a row of a cursor');
  return [
    pathInside(inside, root),
    { type: kind === 1 ? 'file' : 'folder', mark, ...(typeof id === 'string' && { id }) },
  ];
}
