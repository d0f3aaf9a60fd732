import { isRecord, type Json, parseJson } from '../../core/json.ts';
import { type DrivePath, joinPath, parentOf, parsePath, rootPath } from '../../core/paths.ts';
import type { Change, ChangePage, Cursor } from '../../drive/changes.ts';
import type { Context } from '../../drive/drive.ts';
import type { Entry, FolderEntry } from '../../drive/entry.ts';
import { walkFolders } from './folders.ts';

/** What a cursor remembers of one entry. */
interface Known {
  readonly type: Entry['type'];
  /** Differs when the content does. */
  readonly mark: string;
  readonly id?: string;
}

type Memory = Map<DrivePath, Known>;

export interface WalkOptions {
  readonly children: (folder: DrivePath, context?: Context) => AsyncIterable<readonly Entry[]>;
  /** The folder revision changes with everything below it, so that an unchanged one need not be entered. */
  readonly propagates: boolean;
}

const cursorFormat = 1;

/**
 * A change feed out of listings: the cursor remembers what was there, and a walk tells what differs. A folder's
 * revision is taken from the listing of its parent, thus before its own content is read: what changes during the walk
 * is found by the next one.
 */
export async function* walkChanges(
  options: WalkOptions,
  root: { readonly path: DrivePath; readonly entry?: FolderEntry | undefined },
  cursor: Cursor | undefined,
  context?: Context,
): AsyncIterable<ChangePage> {
  const remembered = cursor === undefined ? undefined : parseCursor(cursor, root.path);
  const old: Memory = remembered ?? new Map();
  const seen: Memory = new Map();
  const inFolder = childrenOf(old);
  const before = remembered ? (cursor as Cursor) : formatCursor(new Map(), root.path);
  let reset: { reset?: true } = cursor !== undefined && !remembered ? { reset: true } : {};

  const isUnchanged = (folder: FolderEntry) => {
    const known = old.get(folder.path);
    return (
      options.propagates &&
      known?.type === 'folder' &&
      folder.revision !== undefined &&
      known.mark === markOf(folder) &&
      known.id === folder.id
    );
  };
  const keep = (folder: DrivePath) => {
    for (const path of inFolder.get(folder) ?? []) {
      seen.set(path, old.get(path) as Known);
      keep(path);
    }
  };

  if (root.entry)
    seen.set(root.path, {
      type: 'folder',
      mark: markOf(root.entry),
      ...(root.entry.id !== undefined && { id: root.entry.id }),
    });
  if (root.entry && isUnchanged(root.entry)) keep(root.path);
  else {
    const vanished: Change[] = [];
    for await (const listed of walkFolders(root.path, options.children, context, (folder) => !isUnchanged(folder))) {
      if (listed.vanished) {
        seen.delete(listed.folder);
        if (!old.has(listed.folder)) vanished.push({ type: 'gone', path: listed.folder });
        continue;
      }
      const changes: Change[] = [];
      for (const entry of listed.entries) {
        const known: Known = { type: entry.type, mark: markOf(entry), ...(entry.id !== undefined && { id: entry.id }) };
        if (isNews(old.get(entry.path), known)) changes.push({ type: 'present', entry });
        seen.set(entry.path, known);
        if (entry.type === 'folder' && isUnchanged(entry)) keep(entry.path);
      }
      if (changes.length === 0) continue;
      yield { changes, cursor: before, complete: false, ...reset };
      reset = {};
    }
    yield {
      changes: [...vanished, ...goneBetween(old, seen, root.path)],
      cursor: formatCursor(seen, root.path),
      complete: true,
      ...reset,
    };
    return;
  }
  yield { changes: [], cursor: formatCursor(seen, root.path), complete: true, ...reset };
}

/** For a folder only what it is counts: its revision changes with its content, and that is told by itself. */
function isNews(old: Known | undefined, now: Known): boolean {
  if (old?.type !== now.type || old.id !== now.id) return true;
  return now.type === 'file' && old.mark !== now.mark;
}

function markOf(entry: Entry): string {
  return entry.type === 'file' ? `${entry.size} ${entry.modified} ${entry.revision}` : (entry.revision ?? '');
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

function formatCursor(memory: Memory, root: DrivePath): Cursor {
  const prefix = root === rootPath ? 1 : root.length + 1;
  const entries: Json[] = Array.from(memory, ([path, { type, mark, id }]) => [
    path.slice(prefix),
    type === 'file' ? 1 : 0,
    mark,
    id ?? null,
  ]);
  return JSON.stringify({ walk: cursorFormat, folder: root, entries });
}

/** Undefined for a cursor of another folder, another format or another kind of drive: the walk then begins anew. */
function parseCursor(cursor: Cursor, root: DrivePath): Memory | undefined {
  try {
    const parsed = parseJson(cursor, 'cursor-reset');
    if (
      !isRecord(parsed) ||
      parsed['walk'] !== cursorFormat ||
      parsed['folder'] !== root ||
      !Array.isArray(parsed['entries'])
    )
      return undefined;
    return new Map(parsed['entries'].map((row) => parseRow(row, root)));
  } catch {
    return undefined;
  }
}

function parseRow(row: unknown, root: DrivePath): [DrivePath, Known] {
  const [inside, kind, mark, id] = row as unknown[];
  if (typeof inside !== 'string' || typeof mark !== 'string') throw new TypeError('not a row of a cursor');
  const path = inside === '' ? root : joinPath(root, ...parsePath(inside).slice(1).split('/'));
  return [path, { type: kind === 1 ? 'file' : 'folder', mark, ...(typeof id === 'string' && { id }) }];
}
