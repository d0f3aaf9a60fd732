import { randomBytes } from 'node:crypto';
import type { SQLInputValue } from 'node:sqlite';
import type { Database } from './database.ts';
import type { Behaviour } from './options.ts';
import { keyOf, nameOf, parentOf } from './paths.ts';

/** One place in a tree: a file, a folder, or the tombstone of one. */
export interface Entry {
  readonly tree: string;
  /** Lower case; the key. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'deleted';
  readonly name: string;
  readonly display: string;
  readonly id: string;
  readonly rev: string;
  readonly size: number;
  readonly hash: string;
  readonly content: string;
  readonly clientModified: number;
  readonly serverModified: number;
}

export type Change = Entry & { readonly seq: number };
export type NewFile = Pick<Entry, 'size' | 'hash' | 'content' | 'clientModified' | 'serverModified'>;

export interface Tree {
  get(tree: string, path: string): Entry | undefined;
  byId(id: string): Entry | undefined;
  byRev(rev: string): Entry | undefined;
  list(query: ListQuery): Entry[];
  changes(query: ChangesQuery): Change[];
  lastSeq(): number;
  /** Creates or replaces a file; the case of a name that exists stays as its first creator wrote it. */
  putFile(tree: string, display: string, file: NewFile): Entry;
  /** Creates a folder and the folders above it, as far as they are missing. */
  putFolder(tree: string, display: string): Entry;
  remove(entry: Entry): Entry;
  /** Brings back the last revision of a file that was removed, as a new one of the same file at its last place. */
  restore(id: string, now: number): Entry;
  move(entry: Entry, display: string, now: number): Entry;
  copy(entry: Entry, display: string, now: number): Entry;
  /** Changes the case of a name only, as desktop clients can: the change feed says nothing. */
  recase(entry: Entry, name: string): void;
  revisions(by: { tree: string; path: string } | { id: string }): Entry[];
  used(tree: string): number;
}

export interface ListQuery {
  readonly tree: string;
  readonly folder: string;
  readonly recursive: boolean;
  readonly deleted: boolean;
  readonly after: string;
  readonly limit: number;
}

export interface ChangesQuery {
  readonly tree: string;
  readonly folder: string;
  readonly recursive: boolean;
  readonly after: number;
  readonly limit: number;
}

const columns = 'tree, path, kind, name, display, id, rev, size, hash, content, clientModified, serverModified';
const marks =
  ':tree, :path, :kind, :name, :display, :id, :rev, :size, :hash, :content, :clientModified, :serverModified';

export function createTree(database: Database, behaviour: Behaviour): Tree {
  const { sql } = database;
  const select = sql.prepare('SELECT * FROM entries WHERE tree = ? AND path = ?');
  const selectId = sql.prepare("SELECT * FROM entries WHERE id = ? AND kind != 'deleted'");
  const selectRev = sql.prepare("SELECT * FROM changes WHERE rev = ? AND kind = 'file' ORDER BY seq DESC LIMIT 1");
  const selectChildren = sql.prepare(
    `SELECT * FROM entries WHERE tree = :tree AND parent = :folder AND path > :after AND (:deleted OR kind != 'deleted')
     ORDER BY path LIMIT :limit`,
  );
  const selectUnder = sql.prepare(
    `SELECT * FROM entries WHERE tree = :tree AND path > :after AND path >= :from AND path < :to
     AND (:deleted OR kind != 'deleted') ORDER BY path LIMIT :limit`,
  );
  const changesUnder = sql.prepare(
    `SELECT * FROM changes WHERE seq > :after AND superseded = 0 AND tree = :tree
     AND (path = :folder OR (path >= :from AND path < :to)) ORDER BY seq LIMIT :limit`,
  );
  const changesIn = sql.prepare(
    `SELECT * FROM changes WHERE seq > :after AND superseded = 0 AND tree = :tree AND parent = :folder
     ORDER BY seq LIMIT :limit`,
  );
  const last = sql.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");
  const upsert = sql.prepare(`INSERT OR REPLACE INTO entries (${columns}, parent) VALUES (${marks}, :parent)`);
  const drop = sql.prepare('DELETE FROM entries WHERE tree = ? AND path = ?');
  const insertChange = sql.prepare(`INSERT INTO changes (${columns}, parent) VALUES (${marks}, :parent)`);
  const supersedePuts = sql.prepare(
    "UPDATE changes SET superseded = 1 WHERE tree = :tree AND path = :path AND (:all OR kind != 'deleted')",
  );
  const supersedeUnder = sql.prepare(
    'UPDATE changes SET superseded = 1 WHERE tree = :tree AND (path = :path OR (path >= :from AND path < :to))',
  );
  const sum = sql.prepare("SELECT SUM(size) AS used FROM entries WHERE tree = ? AND kind = 'file'");
  // The history of changes is also the history of revisions.
  const revisionsWhere = (what: string) =>
    sql.prepare(`SELECT *, MAX(seq) FROM changes WHERE ${what} AND kind = 'file' GROUP BY rev ORDER BY rev DESC`);
  const revisionsByPath = revisionsWhere('tree = ? AND path = ?');
  const revisionsById = revisionsWhere('id = ?');

  const usedBytes = new Map<string, number>();
  let revs = database.records.get<number>('counter', 'rev') ?? 0x15e_0000_0000;
  let reserved = revs;
  const nextRev = (): string => {
    revs += 1;
    if (revs > reserved) {
      // Stored in steps: after a restart some numbers are skipped, none is given twice.
      reserved = revs + 1024;
      database.records.put('counter', 'rev', reserved);
    }
    return revs.toString(16).padStart(12, '0');
  };
  const nextId = (): string => `id:${randomBytes(16).toString('base64url')}`;
  const under = (path: string): { from: string; to: string } => ({ from: `${path}/`, to: `${path}0` });
  const asEntries = (rows: unknown[]): Entry[] => rows as Entry[];
  const fields = ({ tree, path, kind, name, display, id, rev, size, hash, content, ...times }: Entry) =>
    ({
      tree,
      path,
      kind,
      name,
      display,
      id,
      rev,
      size,
      hash,
      content,
      clientModified: times.clientModified,
      serverModified: times.serverModified,
    }) satisfies Record<string, SQLInputValue>;

  const store = (entry: Entry): void => {
    upsert.run({ ...fields(entry), parent: parentOf(entry.path) });
  };
  const report = (entry: Entry, isFirst = false): void => {
    if (entry.kind !== 'deleted' && !isFirst) {
      supersedePuts.run({ tree: entry.tree, path: entry.path, all: entry.kind === 'file' ? 1 : 0 });
    }
    insertChange.run({ ...fields(entry), parent: parentOf(entry.path) });
  };
  const everythingIn = (entry: Entry): Entry[] =>
    asEntries(selectUnder.all({ tree: entry.tree, after: '', deleted: 0, limit: -1, ...under(entry.path) }));

  const displayFor = (tree: string, display: string): string => {
    const parent = parentOf(display);
    if (parent === '' || behaviour.miscasedParents) return display;
    const folder = self.get(tree, keyOf(parent));
    return `${folder?.display ?? parent}/${nameOf(display)}`;
  };

  const bury = (entry: Entry): Entry => {
    const tombstone: Entry = { ...entry, kind: 'deleted', size: 0 };
    for (const child of everythingIn(entry)) store({ ...child, kind: 'deleted', size: 0 });
    store(tombstone);
    supersedeUnder.run({ tree: entry.tree, path: entry.path, ...under(entry.path) });
    return tombstone;
  };

  /** Writes `entry` and all it holds at another place; `renew` decides about ids and revisions. */
  const transplant = (
    entry: Entry,
    held: readonly Entry[],
    display: string,
    renew: (e: Entry) => Partial<Entry>,
  ): Entry => {
    const shown = displayFor(entry.tree, display);
    const moved = [entry, ...held].map((each): Entry => {
      const place = shown + each.display.slice(entry.display.length);
      return { ...each, ...renew(each), path: keyOf(place), display: place, name: nameOf(place) };
    });
    for (const each of moved) {
      store(each);
      report(each);
    }
    return moved[0]!;
  };

  const self: Tree = {
    get: (tree, path) => select.get(tree, path) as Entry | undefined,
    byId: (id) => selectId.get(id) as Entry | undefined,
    byRev: (rev) => selectRev.get(rev) as Entry | undefined,
    list({ tree, folder, recursive, deleted, after, limit }) {
      const common = { tree, after, deleted: deleted ? 1 : 0, limit };
      return asEntries(
        recursive ? selectUnder.all({ ...common, ...under(folder) }) : selectChildren.all({ ...common, folder }),
      );
    },
    changes({ tree, folder, recursive, after, limit }) {
      const common = { tree, folder, after, limit };
      return (recursive
        ? changesUnder.all({ ...common, ...under(folder) })
        : changesIn.all(common)) as unknown as Change[];
    },
    lastSeq: () => Number(last.get()?.['seq'] ?? 0),
    putFile: (tree, display, file) =>
      database.transaction(() => {
        const path = keyOf(display);
        const old = self.get(tree, path);
        const kept = old && (old.kind !== 'deleted' || behaviour.reuseIdAfterDelete) ? old : undefined;
        if (parentOf(display) !== '') self.putFolder(tree, parentOf(display));
        const shown =
          kept && !behaviour.miscasedParents
            ? kept.display
            : displayFor(tree, kept ? `${parentOf(display)}/${kept.name}` : display);
        const entry: Entry = {
          tree,
          path,
          kind: 'file',
          name: nameOf(shown),
          display: shown,
          id: kept?.id ?? nextId(),
          rev: nextRev(),
          ...file,
        };
        const before = usedBytes.get(tree);
        if (before !== undefined) usedBytes.set(tree, before + file.size - (old?.kind === 'file' ? old.size : 0));
        store(entry);
        report(entry, old === undefined);
        return entry;
      }),
    putFolder: (tree, display) =>
      database.transaction(() => {
        const path = keyOf(display);
        const old = self.get(tree, path);
        if (old?.kind === 'folder') return old;
        if (parentOf(display) !== '') self.putFolder(tree, parentOf(display));
        const shown = displayFor(tree, display);
        const folder: Entry = {
          tree,
          path,
          kind: 'folder',
          name: nameOf(shown),
          display: shown,
          id: nextId(),
          rev: '',
          size: 0,
          hash: '',
          content: '',
          clientModified: 0,
          serverModified: 0,
        };
        store(folder);
        report(folder);
        return folder;
      }),
    remove: (entry) =>
      database.transaction(() => {
        const tombstone = bury(entry);
        report(tombstone);
        usedBytes.delete(entry.tree);
        return tombstone;
      }),
    restore: (id, now) =>
      database.transaction(() => {
        const [last] = asEntries(revisionsById.all(id));
        const there = last && self.get(last.tree, last.path);
        if (!last || self.byId(id) || there?.kind !== 'deleted')
          throw new Error(`The file ${id} was not removed, or something else is at its place.`);
        const entry: Entry = {
          ...fields(last),
          kind: 'file',
          clientModified: last.clientModified,
          rev: nextRev(),
          serverModified: now,
        };
        store(entry);
        report(entry);
        usedBytes.delete(entry.tree);
        return entry;
      }),
    move: (entry, display, now) =>
      database.transaction(() => {
        const held = everythingIn(entry);
        const tombstone = bury(entry);
        if (behaviour.moveOrder === 'deletedFirst') report(tombstone);
        if (parentOf(display) !== '') self.putFolder(entry.tree, parentOf(display));
        const moved = transplant(entry, held, display, (each) =>
          each.kind === 'file' && behaviour.moveChangesRev ? { rev: nextRev(), serverModified: now } : {},
        );
        if (behaviour.moveOrder === 'addedFirst') report(tombstone);
        usedBytes.delete(entry.tree);
        return moved;
      }),
    copy: (entry, display, now) =>
      database.transaction(() => {
        const held = everythingIn(entry);
        if (parentOf(display) !== '') self.putFolder(entry.tree, parentOf(display));
        usedBytes.delete(entry.tree);
        return transplant(entry, held, display, (each) =>
          each.kind === 'file' ? { id: nextId(), rev: nextRev(), serverModified: now } : { id: nextId() },
        );
      }),
    recase: (entry, name) =>
      database.transaction(() => {
        const shown = `${parentOf(entry.display)}/${name}`;
        for (const each of [entry, ...everythingIn(entry)]) {
          drop.run(each.tree, each.path);
          const display = shown + each.display.slice(entry.display.length);
          store({ ...each, display, name: nameOf(display) });
        }
      }),
    revisions: (by) => asEntries('id' in by ? revisionsById.all(by.id) : revisionsByPath.all(by.tree, by.path)),
    used(tree) {
      const known = usedBytes.get(tree) ?? Number(sum.get(tree)?.['used'] ?? 0);
      usedBytes.set(tree, known);
      return known;
    },
  };
  return self;
}
