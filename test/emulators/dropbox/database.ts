import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Everything but the files' bytes: lives in one SQLite file, so that a restart on the same folder keeps it. */
export interface Database {
  readonly sql: DatabaseSync;
  transaction<T>(work: () => T): T;
  /** Small things that are only ever looked up by their id. */
  readonly records: Records;
  close(): void;
}

export interface Records {
  get<T>(kind: string, id: string): T | undefined;
  all<T>(kind: string): T[];
  put(kind: string, id: string, value: unknown): void;
  remove(kind: string, id: string): void;
}

const schema = `
CREATE TABLE IF NOT EXISTS records (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  tree TEXT, path TEXT, parent TEXT, kind TEXT, name TEXT, display TEXT, id TEXT, rev TEXT, size INTEGER, hash TEXT,
  content TEXT, clientModified INTEGER, serverModified INTEGER, PRIMARY KEY (tree, path)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entriesByParent ON entries (tree, parent, path);
CREATE INDEX IF NOT EXISTS entriesById ON entries (id);
CREATE TABLE IF NOT EXISTS changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, tree TEXT, path TEXT, parent TEXT, superseded INTEGER DEFAULT 0, kind TEXT,
  name TEXT, display TEXT, id TEXT, rev TEXT, size INTEGER, hash TEXT, content TEXT, clientModified INTEGER,
  serverModified INTEGER);
CREATE INDEX IF NOT EXISTS changesByPath ON changes (tree, path);
CREATE INDEX IF NOT EXISTS changesByRev ON changes (rev) WHERE kind = 'file';
CREATE INDEX IF NOT EXISTS changesById ON changes (id) WHERE kind = 'file';
`;

export function openDatabase(folder: string): Database {
  const sql = new DatabaseSync(join(folder, 'emulator.sqlite'));
  // A killed emulator loses nothing with WAL; only a power cut could, and that is not what is emulated here.
  sql.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;');
  sql.exec(schema);
  let depth = 0;

  const select = sql.prepare('SELECT value FROM records WHERE kind = ? AND id = ?');
  const selectAll = sql.prepare('SELECT value FROM records WHERE kind = ? ORDER BY id');
  const upsert = sql.prepare('INSERT OR REPLACE INTO records (kind, id, value) VALUES (?, ?, ?)');
  const drop = sql.prepare('DELETE FROM records WHERE kind = ? AND id = ?');

  return {
    sql,
    transaction(work) {
      if (depth > 0) return work();
      sql.exec('BEGIN');
      depth += 1;
      try {
        const result = work();
        sql.exec('COMMIT');
        return result;
      } catch (error) {
        sql.exec('ROLLBACK');
        throw error;
      } finally {
        depth -= 1;
      }
    },
    records: {
      get<T>(kind: string, id: string) {
        const row = select.get(kind, id);
        return row && (JSON.parse(String(row['value'])) as T);
      },
      all<T>(kind: string) {
        return selectAll.all(kind).map((row) => JSON.parse(String(row['value'])) as T);
      },
      put(kind, id, value) {
        upsert.run(kind, id, JSON.stringify(value));
      },
      remove(kind, id) {
        drop.run(kind, id);
      },
    },
    close() {
      sql.close();
    },
  };
}
