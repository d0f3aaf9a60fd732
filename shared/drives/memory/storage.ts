import { DossierError } from '../../core/errors.ts';
import { type DrivePath, isWithin, joinPath, nameOf, parentOf, parseName, rootPath } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import type { Change } from '../../drive/changes.ts';
import type { Entry, EntryRef } from '../../drive/entry.ts';
import { refuseInsideItself, refuseRoot } from '../../drive/reference.ts';

interface Node {
  readonly id: string;
  readonly path: DrivePath;
  readonly content: Uint8Array | undefined;
  readonly revision: string;
  readonly modified: number;
}

/** What several memory drives share, as several clients share one server. */
export interface MemoryStorage {
  find(ref: EntryRef): Entry | undefined;
  children(folder: EntryRef, recursive: boolean): Entry[];
  content(ref: EntryRef): Uint8Array;
  makeFolder(parent: EntryRef, name: string): Entry;
  putFile(
    folder: EntryRef,
    name: string,
    content: Uint8Array,
    replace: string | undefined,
    modified: number | undefined,
  ): Entry;
  remove(ref: EntryRef): void;
  place(ref: EntryRef, folder: EntryRef, name: string, keepOriginal: boolean): Entry;
  /** Every change so far, oldest first. */
  readonly journal: readonly Change[];
  /** Upload sessions by id; chunks by index. */
  readonly sessions: Map<string, Map<number, Uint8Array>>;
  nextId(kind: string): string;
}

export function createMemoryStorage(now: () => number): MemoryStorage {
  const nodes = new Map<DrivePath, Node>();
  const journal: Change[] = [];
  let counter = 0;
  const nextId = (kind: string) => `${kind}-${++counter}`;
  nodes.set(rootPath, { id: nextId('id'), path: rootPath, content: undefined, revision: 'r0', modified: now() });

  const lookup = (ref: EntryRef): Node | undefined =>
    ref.id === undefined ? nodes.get(ref.path) : [...nodes.values()].find((node) => node.id === ref.id);
  const demand = (ref: EntryRef): Node => {
    const node = lookup(ref);
    if (!node) throw new DossierError('not-found', say`There is nothing at ${ref.path}`, { path: ref.path });
    return node;
  };
  const folderAt = (ref: EntryRef): Node => {
    const node = lookup(ref);
    if (!node) throw new DossierError('parent-missing', say`There is no folder ${ref.path}`, { path: ref.path });
    if (node.content) throw new DossierError('type-mismatch', say`${ref.path} is a file`, { path: ref.path });
    return node;
  };
  const store = (node: Node): Entry => {
    nodes.set(node.path, node);
    const entry = toEntry(node);
    journal.push({ type: 'present', entry });
    return entry;
  };
  const within = (folder: DrivePath): Node[] =>
    [...nodes.values()].filter((node) => node.path !== folder && isWithin(node.path, folder));
  const drop = (node: Node) => {
    for (const inner of within(node.path)) nodes.delete(inner.path);
    nodes.delete(node.path);
    journal.push({ type: 'gone', path: node.path, id: node.id });
  };
  const freePath = (folder: EntryRef, name: string): DrivePath => {
    const path = joinPath(folderAt(folder).path, parseName(name));
    if (nodes.has(path)) throw new DossierError('already-exists', say`${path} is there already`, { path });
    return path;
  };

  return {
    journal,
    sessions: new Map(),
    nextId,
    find: (ref) => {
      const node = lookup(ref);
      return node && toEntry(node);
    },
    children(folder, recursive) {
      const node = demand(folder);
      if (node.content) throw new DossierError('type-mismatch', say`${folder.path} is a file`, { path: folder.path });
      return within(node.path)
        .filter((inner) => recursive || parentOf(inner.path) === node.path)
        .sort((a, b) => (a.path < b.path ? -1 : 1))
        .map(toEntry);
    },
    content(ref) {
      const node = demand(ref);
      if (!node.content) throw new DossierError('type-mismatch', say`${ref.path} is a folder`, { path: ref.path });
      return node.content;
    },
    makeFolder: (parent, name) =>
      store({
        id: nextId('id'),
        path: freePath(parent, name),
        content: undefined,
        revision: nextId('r'),
        modified: now(),
      }),
    putFile(folder, name, content, replace, modified) {
      const path = joinPath(folderAt(folder).path, parseName(name));
      const existing = nodes.get(path);
      if (replace === undefined) freePath(folder, name);
      else if (existing?.revision !== replace)
        throw new DossierError('revision-conflict', say`${path} has changed meanwhile`, { path });
      return store({
        id: existing?.id ?? nextId('id'),
        path,
        content,
        revision: nextId('r'),
        modified: modified ?? now(),
      });
    },
    remove(ref) {
      const node = lookup(ref);
      if (!node) return;
      refuseRoot(node.path, { operation: 'remove', where: 'memory' });
      drop(node);
    },
    place(ref, folder, name, keepOriginal) {
      const node = demand(ref);
      const refusal = { operation: keepOriginal ? 'copy' : 'move', where: 'memory' };
      refuseRoot(node.path, refusal);
      const to = freePath(folder, name);
      refuseInsideItself(node.path, to, refusal);
      const moved = [node, ...within(node.path)];
      if (!keepOriginal) drop(node);
      const placed = moved.map((each) =>
        store({
          ...each,
          path: (to + each.path.slice(node.path.length)) as DrivePath,
          ...(keepOriginal ? { id: nextId('id'), revision: nextId('r') } : {}),
        }),
      );
      return placed[0] as Entry;
    },
  };
}

function toEntry({ id, path, content, revision, modified }: Node): Entry {
  const base = { id, path, name: nameOf(path), revision };
  return content
    ? { ...base, type: 'file', size: content.length, modified, downloadable: true }
    : { ...base, type: 'folder' };
}
