import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sqliteError } from '../../../extension/src/node/sqliteError.ts';
import { createSqliteState, setAsideSqliteState } from '../../../extension/src/node/sqliteState.ts';
import {
  createDriveState,
  DossierError,
  type Drive,
  type ErrorCode,
  fromUtf8,
  isDossierError,
  parsePath,
  readBytes,
  type StateStore,
  utf8,
} from '../../../shared/index.ts';
import { plainCipher } from '../../../shared/state/segments/cipher.ts';
import { usualLevels } from '../../../shared/state/segments/compaction.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/testing.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';
import { listing } from '../report/submitting.ts';

const written = ['one', 'two', 'three'];
const told = new Set<ErrorCode>(['state-corrupt', 'unsupported', 'server-error']);

async function fill(store: StateStore): Promise<void> {
  for (const text of written)
    await store.commit([{ key: `k/${text}`, value: utf8(text.repeat(200)), expectedVersion: 0 }]);
}

/** Either all is there as it was written, or the damage is told: never "nothing there", never something else. */
async function wholeOrTold(open: () => StateStore): Promise<'whole' | 'told'> {
  let store: StateStore | undefined;
  try {
    store = open();
    const records = await store.list('k/');
    expect(records.map(({ value }) => fromUtf8(value))).toEqual([...written].sort().map((text) => text.repeat(200)));
    expect((await store.getAll(written.map((text) => `k/${text}`))).size).toBe(written.length);
    return 'whole';
  } catch (error) {
    if (!isDossierError(error) || !told.has(error.code)) throw error;
    return 'told';
  } finally {
    await store?.close();
  }
}

describe('a damaged SQLite file', () => {
  let folder: string;
  let path: string;
  let sound: Buffer;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dossier-hostile-'));
    path = join(folder, 'state.db');
    const store = createSqliteState(path);
    await fill(store);
    await store.close();
    sound = readFileSync(path);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const damaged = async (bytes: Uint8Array): Promise<'whole' | 'told'> => {
    for (const end of ['-wal', '-shm', '.damaged', '.damaged-wal']) rmSync(path + end, { force: true });
    writeFileSync(path, bytes);
    const outcome = await wholeOrTold(() => createSqliteState(path));
    if (outcome === 'told') {
      expect(existsSync(path)).toBe(true);
      if (existsSync(`${path}.damaged`)) expect(readFileSync(`${path}.damaged`).equals(bytes)).toBe(true);
    }
    return outcome;
  };

  test('cut off anywhere is told, never taken for empty', async () => {
    const lengths = new Set([0, 1, 15, 16, 99, 100, 4095, 4096, 4097, sound.length - 1]);
    for (let length = 0; length < sound.length; length += 97) lengths.add(length);
    const whole: number[] = [];
    for (const length of lengths) if ((await damaged(sound.subarray(0, length))) === 'whole') whole.push(length);
    // Only what lacks nothing but empty space at its end is still whole: every record was compared.
    expect(whole.filter((length) => length <= sound.length - 4096)).toEqual([]);
  });

  test('with any byte changed is told or as it was, never something else', async () => {
    let tolds = 0;
    for (let at = 0; at < sound.length; at += 53) {
      const bytes = Buffer.from(sound);
      bytes[at]! ^= 0xff;
      if ((await damaged(bytes)) === 'told') tolds++;
    }
    expect(tolds).toBeGreaterThan(10);
  });

  describe('whose log was damaged after a crash', () => {
    /** What lies there while the records are in the log alone: as a killed process leaves it. */
    const afterCrash = async (): Promise<Map<string, Buffer>> => {
      const crashed = join(folder, 'crashed.db');
      const store = createSqliteState(crashed);
      await fill(store);
      const files = new Map(['', '-wal', '.last'].map((end) => [end, readFileSync(crashed + end)]));
      await store.close();
      return files;
    };
    const opened = async (
      files: ReadonlyMap<string, Buffer>,
      over: Readonly<Record<string, Buffer>>,
    ): Promise<'whole' | 'told' | 'silent'> => {
      for (const end of ['', '-wal', '-shm', '.last', '.damaged', '.damaged-wal']) rmSync(path + end, { force: true });
      for (const [end, bytes] of files) writeFileSync(path + end, over[end] ?? bytes);
      return wholeOrTold(() => createSqliteState(path)).catch(() => 'silent' as const);
    };
    const cut = (bytes: Buffer): Buffer[] =>
      Array.from({ length: 60 }, (_, index) => bytes.subarray(0, Math.floor((bytes.length * index) / 60)));
    const changed = (bytes: Buffer): Buffer[] =>
      Array.from({ length: 60 }, (_, index) => {
        const copy = Buffer.from(bytes);
        copy[Math.floor((bytes.length * index) / 60) + 7]! ^= 0x10;
        return copy;
      });

    test('cut off anywhere or with any byte changed: commits that are lost by it are told', async () => {
      const files = await afterCrash();
      const wal = files.get('-wal')!;
      expect(await opened(files, {})).toBe('whole');
      const outcomes: string[] = [];
      for (const damage of [...cut(wal), ...changed(wal)]) outcomes.push(await opened(files, { '-wal': damage }));
      expect(outcomes.filter((outcome) => outcome === 'silent')).toEqual([]);
      expect(outcomes.filter((outcome) => outcome === 'told').length).toBeGreaterThan(50);
    });

    test('only the mark tells: without it SQLite says nothing', async () => {
      const files = await afterCrash();
      const wal = files.get('-wal')!;
      expect(await opened(files, { '-wal': wal.subarray(0, wal.length - 100), '.last': Buffer.alloc(0) })).toBe(
        'silent',
      );
    });

    test('a mark that is damaged or behind keeps nobody out', async () => {
      const files = await afterCrash();
      const mark = files.get('.last')!;
      for (const damage of [...cut(mark), ...changed(mark)])
        expect(await opened(files, { '.last': damage })).toBe('whole');
    });

    test('the sentence says what to do, and doing it goes on with what was before', async () => {
      const files = await afterCrash();
      const wal = files.get('-wal')!;
      expect(await opened(files, { '-wal': wal.subarray(0, wal.length - 100) })).toBe('told');
      const error = (() => {
        try {
          createSqliteState(path);
        } catch (thrown) {
          return thrown as DossierError;
        }
        return undefined;
      })();
      expect(error).toMatchObject({ code: 'state-corrupt', message: expect.stringContaining('The last 1 changes') });
      rmSync(`${path}.last`);
      const store = createSqliteState(path);
      expect(await store.keys('k/')).toEqual(['k/one', 'k/two']);
      await store.close();
    });
  });

  test('is kept, also as a copy, and is moved out of the way on a word only', async () => {
    const rubbish = Buffer.alloc(8192, 'rubbish');
    expect(await damaged(rubbish)).toBe('told');
    expect(readFileSync(`${path}.damaged`).equals(rubbish)).toBe(true);
    expect(() => createSqliteState(path)).toThrow(expect.objectContaining({ code: 'state-corrupt' }));
    const aside = setAsideSqliteState(path);
    expect(readFileSync(aside).equals(rubbish)).toBe(true);
    const fresh = createSqliteState(path);
    expect(await fresh.keys('')).toEqual([]);
    await fresh.close();
  });

  test('of a newer version is refused and not touched', () => {
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const before = readFileSync(path);
    expect(() => createSqliteState(path)).toThrow(expect.objectContaining({ code: 'unsupported' }));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('in one record hides no other: its key is listed, its value is told', async () => {
    const database = new DatabaseSync(path);
    database.exec("UPDATE records SET value = x'00' WHERE key = 'k/two'");
    database.close();
    const store = createSqliteState(path);
    expect(await store.keys('k/')).toEqual(['k/one', 'k/three', 'k/two']);
    await expect(store.get('k/two')).rejects.toMatchObject({ code: 'state-corrupt' });
    await expect(store.list('k/')).rejects.toMatchObject({ code: 'state-corrupt' });
    expect((await store.get('k/one'))?.version).toBeGreaterThan(0);
    await store.close();
  });

  test('a disk that is full refuses the commit and keeps what was there', async () => {
    const store = createSqliteState(path);
    const limit = new DatabaseSync(path);
    const pages = Number(limit.prepare('PRAGMA page_count').get()!.page_count);
    limit.close();
    await store.close();
    // SQLite answers a page limit with the very code that it has for a full disk.
    const error = (() => {
      const database = new DatabaseSync(path);
      try {
        database.exec(`PRAGMA max_page_count = ${pages}`);
        database.prepare("INSERT INTO records VALUES ('big', zeroblob(1000000), 9, x'00')").run();
        return undefined;
      } catch (thrown) {
        return sqliteError(thrown, path);
      } finally {
        database.close();
      }
    })();
    expect(error).toMatchObject({ code: 'quota-exceeded' });
    expect(await wholeOrTold(() => createSqliteState(path))).toBe('whole');
  });

  test.each([
    [{ code: 'ERR_SQLITE_ERROR', errcode: 5 }, 'locked'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 8 }, 'forbidden'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 778 }, 'server-error'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 13 }, 'quota-exceeded'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 267 }, 'state-corrupt'],
    [{ code: 'ENOSPC' }, 'quota-exceeded'],
    [{ code: 'EACCES' }, 'forbidden'],
    [{ code: 'EIO' }, 'server-error'],
  ] as const)('%j is %s', (fields, code) => {
    expect(sqliteError(Object.assign(new Error('x'), fields), path)).toMatchObject({ code });
  });
  test('a mistake of the program stays one', () => {
    const mistake = new TypeError('x');
    expect(sqliteError(mistake, path)).toBe(mistake);
  });
});

describe('damaged records on a drive', () => {
  const folder = parsePath('/state');
  async function scene() {
    const clock = createVirtualClock({ auto: true });
    const drive = createMemoryDrive(createMemoryStorage(() => 0));
    const open = (over: Drive = drive, cipher = plainCipher) =>
      createDriveState({ drive: over, folder, clock, cipher, sizes: { levels: { ...usualLevels, tail: 100 } } });
    const first = open();
    await fill(first);
    await first.close();
    // Its first records become a segment, a later one stays in the log.
    const second = open();
    await second.commit([]);
    await second.commit([{ key: 'other', value: utf8('x'), expectedVersion: 0 }]);
    await second.close();
    return { drive, open };
  }

  /** The drive, with one file as somebody else has left it. */
  const withFile = (drive: Drive, path: string, bytes: Uint8Array): Drive => ({
    ...drive,
    read: (ref, range, context) =>
      ref.path === path
        ? (async function* () {
            yield bytes.subarray(range?.start, range?.end);
          })()
        : drive.read(ref, range, context),
  });

  test('cut off at any byte, or with any bit changed: told, and never touched', async () => {
    const { drive, open } = await scene();
    // Those whose name alone counts are left out.
    const files = (await listing(drive, '/state')).filter(
      ({ type, path }) => type === 'file' && !/-end$|^\/state\/epochs\//.test(path),
    );
    expect(files.map(({ path }) => path.split('/')[2])).toEqual(['log', 'log', 'segments']);
    for (const file of files) {
      const sound = await readBytes(drive.read(file), 2 ** 20);
      const stride = Math.max(1, Math.floor(sound.length / 120));
      for (let length = 0; length < sound.length; length += stride) {
        expect(
          await wholeOrTold(() => open(withFile(drive, file.path, sound.subarray(0, length)))),
          `${file.path} cut to ${length}`,
        ).toBe('told');
      }
      for (let at = 0; at < sound.length; at += stride) {
        expect(
          await wholeOrTold(() => open(withFile(drive, file.path, sound.with(at, sound[at]! ^ 1)))),
          `${file.path} changed at ${at}`,
        ).toBe('told');
      }
      expect(await wholeOrTold(() => open())).toBe('whole');
    }
  });

  test('a later format, another key and the record of another place are told', async () => {
    const { drive, open } = await scene();
    const [first, second] = (await listing(drive, '/state/log')).filter(({ name }) => /^\d$/.test(name));
    const sound = await readBytes(drive.read(first!), 2 ** 20);
    const later = utf8(`dossier-state 4 ${'0'.repeat(16)} 00000000\n`);
    await expect(open(withFile(drive, first!.path, later)).list('')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(open(withFile(drive, second!.path, sound)).list('')).rejects.toMatchObject({ code: 'state-corrupt' });
    const other = { ...plainCipher, id: '1'.repeat(16) };
    await expect(open(drive, other).list('')).rejects.toMatchObject({ code: 'vault-locked' });
    await expect(open(drive, other).commit([{ key: 'a', value: utf8('x'), expectedVersion: 0 }])).rejects.toMatchObject(
      { code: 'vault-locked' },
    );
  });

  test('a record or an epoch that somebody removed is told, and nothing new is begun in its place', async () => {
    for (const remove of ['/0', '/1', '']) {
      const { drive, open } = await scene();
      const epochs = (await listing(drive, '/state/log')).filter(
        ({ type, name }) => type === 'folder' && /^\d+$/.test(name),
      );
      const highest = epochs.at(-1)!;
      const veteran = open();
      await veteran.list('');
      await drive.remove({ path: parsePath(`${highest.path}${remove}`) });
      await expect(veteran.list('')).rejects.toMatchObject({ code: 'state-corrupt' });
      if (remove === '/1')
        await expect(open().commit([{ key: 'k/new', value: utf8('x'), expectedVersion: 0 }])).rejects.toMatchObject({
          code: 'state-corrupt',
        });
    }
  });

  test.each(['quota-exceeded', 'forbidden', 'unauthorized', 'offline', 'server-error'] as const)(
    '%s at any request loses nothing that was acknowledged',
    async (code) => {
      const { drive, open } = await scene();
      for (let at = 1; at <= 14; at++) {
        let request = 0;
        const hit = async <T>(work: () => Promise<T>): Promise<T> => {
          if (++request >= at) throw new DossierError(code);
          return work();
        };
        const failing = open({
          ...drive,
          createFolder: (...given) => hit(() => drive.createFolder(...given)),
          upload: (...given) => hit(() => drive.upload(...given)),
          stat: (...given) => hit(() => drive.stat(...given)),
        });
        const key = `other/${code}-${at}`;
        const outcome = await failing
          .commit([{ key, value: utf8('x'), expectedVersion: 0 }], AbortSignal.timeout(300))
          .then(
            () => 'acknowledged',
            (error: unknown) => (isDossierError(error) ? error.code : Promise.reject(error)),
          );
        expect(['acknowledged', code, 'cancelled']).toContain(outcome);
        if (outcome === 'acknowledged') expect(await open().get(key)).toBeDefined();
        expect(await wholeOrTold(() => open())).toBe('whole');
      }
    },
  );
});

describe('requests of the epoch log', () => {
  test('a commit costs two while the epoch is held, a read one', async () => {
    const clock = createVirtualClock({ auto: true });
    const memory = createMemoryDrive(createMemoryStorage(() => 0));
    let requests = 0;
    const counted =
      <A extends unknown[], T>(work: (...given: A) => T) =>
      (...given: A): T => {
        requests++;
        return work(...given);
      };
    const drive: Drive = {
      ...memory,
      stat: counted(memory.stat),
      list: counted(memory.list),
      read: counted(memory.read),
      createFolder: counted(memory.createFolder),
      upload: counted(memory.upload),
      prove: counted(memory.prove),
      remove: counted(memory.remove),
    };
    const store = createDriveState({ drive, folder: parsePath('/state'), clock });
    let version = (await store.commit([{ key: 'a', value: utf8('0'), expectedVersion: 0 }]))[0]!;
    const costs = new Set<number>();
    for (let round = 1; round <= 50; round++) {
      requests = 0;
      version = (await store.commit([{ key: 'a', value: utf8(String(round)), expectedVersion: version }]))[0]!;
      costs.add(requests);
    }
    expect([...costs]).toEqual([2]);
    requests = 0;
    await store.get('a');
    expect(requests).toBe(1);
  });

  test('a long history is folded: a newcomer reads few files, and few are left', async () => {
    const clock = createVirtualClock({ auto: true });
    const drive = createMemoryDrive(createMemoryStorage(() => 0));
    const folder = parsePath('/state');
    const store = createDriveState({ drive, folder, clock });
    const versions = new Map<string, number>();
    for (let round = 0; round < 450; round++) {
      const key = `k/${round % 70}`;
      versions.set(
        key,
        (
          await store.commit([
            { key, value: utf8(`${round} ${'x'.repeat(1500)}`), expectedVersion: versions.get(key) ?? 0 },
          ])
        )[0]!,
      );
    }
    await store.close();
    const files = (await listing(drive, '/state')).filter(({ type }) => type === 'file');
    expect(files.length).toBeLessThan(110);
    expect(files.some(({ path }) => path.startsWith('/state/segments/'))).toBe(true);
    let reads = 0;
    const newcomer = createDriveState({
      drive: { ...drive, read: (...given) => (reads++, drive.read(...given)) },
      folder,
      clock,
    });
    const records = await newcomer.list('k/');
    expect(records.map(({ key, version }) => [key, version])).toEqual(
      [...versions].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    expect(reads).toBeLessThan(110);
  });
});
