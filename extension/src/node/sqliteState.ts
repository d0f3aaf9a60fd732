import { hash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  checkChanges,
  checkKey,
  checkPrefix,
  conflictOver,
  DossierError,
  type StateChange,
  type StateRecord,
  type StateStore,
  say,
  throwIfCancelled,
} from '../../../shared/index.ts';
import { openCommitMark } from './commitMark.ts';
import { sqliteError } from './sqliteError.ts';

export interface SqliteState extends StateStore {
  /** Differs after another window has written. Cheap enough to be asked every second. */
  dataVersion(): number;
}

const schema = 1;
const markEnd = '.last';
/** Milliseconds that a window waits for another's write: one write takes a few. */
const busyMs = 5_000;

/**
 * Records in one SQLite file, shared by all windows: WAL, every commit one immediate transaction, on disk before it
 * resolves. A damaged file is `state-corrupt` and stays where it is, with a copy beside it: it is never taken for an
 * empty one, and a new one is made only where no file is. Commits that were lost with the end of the log are told, too
 * (`CommitMark`). The file must lie on a local disk (WAL needs shared memory).
 */
export function createSqliteState(path: string): SqliteState {
  const { database, statement, mark } = attempt(path, () => {
    if (!existsSync(path)) create(path);
    return open(path);
  });

  /** False when the record has not the version that was expected. */
  const write = ({ key, value, expectedVersion }: StateChange, version: number): boolean => {
    if (value === undefined)
      return expectedVersion > 0
        ? statement.remove.run(key, expectedVersion).changes === 1
        : statement.get.get(key) === undefined;
    const sum = sumOf(key, value, version);
    const { changes } =
      expectedVersion > 0
        ? statement.update.run(value, version, sum, key, expectedVersion)
        : statement.insert.run(key, value, version, sum);
    return changes === 1;
  };

  return {
    async get(key, signal) {
      throwIfCancelled(signal);
      return attempt(path, () => {
        const row = statement.get.get(checkKey(key));
        return row && read(row);
      });
    },
    async getAll(keys, signal) {
      throwIfCancelled(signal);
      return attempt(path, () => {
        const rows = statement.getAll.all(JSON.stringify(keys.map(checkKey)));
        return new Map(rows.map(read).map((record) => [record.key, record]));
      });
    },
    async list(prefix, signal) {
      throwIfCancelled(signal);
      return attempt(path, () => statement.list.all(checkPrefix(prefix), prefix).map(read));
    },
    async keys(prefix, signal) {
      throwIfCancelled(signal);
      return attempt(path, () => statement.keys.all(checkPrefix(prefix), prefix).map(({ key }) => String(key)));
    },
    async commit(changes, signal) {
      throwIfCancelled(signal);
      checkChanges(changes);
      return attempt(path, () => {
        database.exec('BEGIN IMMEDIATE');
        try {
          const counter = readCounter(statement.counter.get());
          const version = counter.version + 1;
          const added = changes.map(
            ({ key, value, expectedVersion }) =>
              (Number(value !== undefined) - Number(expectedVersion > 0)) * keyHash(key),
          );
          const keys = added.reduce((sum, change) => (sum + change + keyModulus) % keyModulus, counter.keys);
          statement.raise.run(version, keys, counterSum(version, keys));
          // Each write looks for the version that it expects itself: a read before each would cost as much again.
          const stale = changes.find((change) => !write(change, version));
          if (stale) throw conflictOver(stale.key);
          database.exec('COMMIT');
          mark.raise(version);
          return changes.map(({ value }) => (value === undefined ? 0 : version));
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK');
          throw error;
        }
      });
    },
    dataVersion: () => Number(statement.dataVersion.get()!.data_version),
    async close() {
      if (!database.isOpen) return;
      database.close();
      mark.close();
    },
  };
}

/**
 * Moves a damaged file out of the way, so that work can go on with an empty one, and tells where it is now. Only ever
 * on a person's word.
 */
export function setAsideSqliteState(path: string): string {
  const aside = firstFree(path);
  for (const end of ['', '-wal', '-shm', markEnd]) if (existsSync(path + end)) renameSync(path + end, aside + end);
  return aside;
}

/** Made whole under another name first: a file of this name always has its tables, so one without them is damaged. */
function create(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const making = `${path}.${process.pid}.${Date.now()}.new`;
  const database = new DatabaseSync(making);
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE records (key TEXT PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE counter (version INTEGER NOT NULL, keys INTEGER NOT NULL, sum BLOB NOT NULL);
      PRAGMA user_version = ${schema};`);
    database.prepare('INSERT INTO counter VALUES (0, 0, ?)').run(counterSum(0, 0));
    database.close();
    if (existsSync(path)) return;
    // Of a file that somebody took away.
    rmSync(path + markEnd, { force: true });
    // Fails when another window was faster; theirs is as good.
    linkSync(making, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(making + end, { force: true });
  }
}

function open(path: string) {
  // SQLite takes an empty file for a new database; here it can only be what is left of one.
  if (statSync(path).size === 0) throw new DossierError('state-corrupt', say`The file "${path}" is empty`);
  const mark = openCommitMark(path + markEnd);
  // Before the database is looked at, which another window may carry on meanwhile.
  const marked = mark.read();
  const database = new DatabaseSync(path, { timeout: busyMs });
  try {
    const written = Number(database.prepare('PRAGMA user_version').get()!.user_version);
    if (written > schema)
      throw new DossierError(
        'unsupported',
        say`The records in "${path}" were written by a newer version of Dossier: update this one`,
        { advice: null },
      );
    const found = database.prepare('PRAGMA quick_check').get()!.quick_check;
    if (written !== schema || found !== 'ok')
      throw new DossierError('state-corrupt', say`The records in "${path}" are damaged`);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const statement = prepare(database);
    // In one transaction: another window may be writing, and its next commit changes both.
    database.exec('BEGIN');
    const counted = statement.keys.all('', '').reduce((sum, { key }) => (sum + keyHash(String(key))) % keyModulus, 0);
    const counter = readCounter(statement.counter.get());
    database.exec('COMMIT');
    if (counter.keys !== counted) throw new DossierError('state-corrupt', say`Records are missing from "${path}"`);
    if (counter.version < marked) {
      throw new DossierError(
        'state-corrupt',
        say`The last ${marked - counter.version} changes to "${path}" are lost. To go on with what was before them, delete "${path}${markEnd}"`,
        { advice: null },
      );
    }
    return { database, statement, mark };
  } catch (error) {
    mark.close();
    database.close();
    throw error;
  }
}

function prepare(database: DatabaseSync) {
  return {
    get: database.prepare('SELECT key, value, version, sum FROM records WHERE key = ?'),
    // One statement sees one state of the file. CROSS JOIN: looked up key by key.
    getAll: database.prepare(
      'SELECT records.key, records.value, version, sum FROM json_each(?) AS wanted CROSS JOIN records ON records.key = wanted.value',
    ),
    // All letters of keys are below DEL.
    list: database.prepare(
      'SELECT key, value, version, sum FROM records WHERE key >= ? AND key < ? || char(127) ORDER BY key',
    ),
    keys: database.prepare('SELECT key FROM records WHERE key >= ? AND key < ? || char(127) ORDER BY key'),
    counter: database.prepare('SELECT version, keys, sum FROM counter'),
    raise: database.prepare('UPDATE counter SET version = ?, keys = ?, sum = ?'),
    insert: database.prepare(
      'INSERT INTO records (key, value, version, sum) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
    ),
    update: database.prepare('UPDATE records SET value = ?, version = ?, sum = ? WHERE key = ? AND version = ?'),
    remove: database.prepare('DELETE FROM records WHERE key = ? AND version = ?'),
    dataVersion: database.prepare('PRAGMA data_version'),
  };
}

/** Every failure as a DossierError; of a damaged file a copy is kept before anything else can touch it. */
function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const error = sqliteError(thrown, path);
    if (error instanceof DossierError && error.code === 'state-corrupt' && !existsSync(`${path}.damaged`)) {
      for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, `${path}.damaged${end}`);
    }
    throw error;
  }
}

function read(row: Record<string, unknown>): StateRecord {
  const key = String(row.key);
  const value = new Uint8Array(row.value as Uint8Array);
  const version = Number(row.version);
  if (Buffer.compare(sumOf(key, value, version), row.sum as Uint8Array) !== 0)
    throw new DossierError('state-corrupt', say`The record "${key}" is damaged`);
  return { key, value, version };
}

/** SQLite notices a damaged page only where its structure breaks; this notices any flipped bit of a record. */
function sumOf(key: string, value: Uint8Array, version: number): Uint8Array {
  const head = `${key}\n${version}\n`;
  const whole = head.length + value.length <= summed.length ? summed : Buffer.allocUnsafe(head.length + value.length);
  // All letters of keys are ASCII.
  whole.write(head, 'latin1');
  whole.set(value, head.length);
  return hash('sha256', whole.subarray(0, head.length + value.length), 'buffer').subarray(0, 16);
}

/** Small records are put together here, one after the other. */
const summed = Buffer.alloc(8192);

/**
 * Versions go on from here, and the keys that are there must add up to what was written: a key that changed by a bit
 * would not be missed otherwise.
 */
function readCounter(row: Record<string, unknown> | undefined): { version: number; keys: number } {
  const version = Number(row?.version);
  const keys = Number(row?.keys);
  if (!row || Buffer.compare(counterSum(version, keys), row.sum as Uint8Array) !== 0)
    throw new DossierError('state-corrupt', 'The count of the records is damaged');
  return { version, keys };
}

function counterSum(version: number, keys: number): Uint8Array {
  return hash('sha256', `${version}\n${keys}`, 'buffer').subarray(0, 16);
}

const keyModulus = 2 ** 48;

function keyHash(key: string): number {
  return parseInt(hash('sha256', key, 'hex').slice(0, 12), 16);
}

function firstFree(path: string): string {
  for (let number = 1; ; number++) if (!existsSync(`${path}.aside-${number}`)) return `${path}.aside-${number}`;
}
