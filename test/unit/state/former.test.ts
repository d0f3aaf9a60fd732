import { describe, expect, test } from 'vitest';
import {
  createDriveState,
  createEncryptedState,
  createKey,
  createVault,
  type Drive,
  fromUtf8,
  parseKey,
  parsePath,
  utf8,
} from '../../../shared/index.ts';
import { createMemoryDrive, createMemoryStorage, createStoreCipher } from '../../../shared/testing.ts';
import { createFormerDriveState } from '../../support/formerStore/index.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';
import { listing } from '../report/submitting.ts';

const folder = parsePath('/state');
const key = parseKey(createKey());
const keyName = (index: number): string => `ledger/main/digest/${String(index).padStart(64, '0')}`;

async function scene({ count = 40, size = 20_000, leave = true } = {}) {
  const clock = createVirtualClock({ auto: true });
  const drive = createMemoryDrive(createMemoryStorage(() => 0));
  const vault = await createVault(key);
  const cipher = createStoreCipher(key, vault);
  const former = () => createEncryptedState(createFormerDriveState({ drive, folder, clock }), vault);
  const open = (over: Drive = drive, given = cipher) =>
    createDriveState({ drive: over, folder, clock, cipher: given, sizes: { graceMs: 60_000 } });
  let writer = former();
  const versions = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    // The next one makes a snapshot of what is there.
    if (index === 30) {
      await writer.close();
      writer = former();
    }
    const [version] = await writer.commit([
      { key: keyName(index), value: seededBytes(size, index), expectedVersion: 0 },
    ]);
    versions.set(keyName(index), version!);
  }
  const [gone] = await writer.commit([{ key: 'gone', value: utf8('x'), expectedVersion: 0 }]);
  await writer.commit([{ key: 'gone', value: undefined, expectedVersion: gone! }]);
  if (leave) await writer.close();
  return { clock, drive, former, open, writer, versions };
}

describe('a store of format 1', () => {
  test('is carried over with every record and its version, by whoever reads or writes it first', async () => {
    for (const first of ['read', 'write'] as const) {
      const { open, versions } = await scene();
      const store = open();
      if (first === 'write') await store.commit([{ key: 'new', value: utf8('x'), expectedVersion: 0 }]);
      const records = await store.list('ledger/');
      expect(records.map((record) => [record.key, record.version])).toEqual([...versions]);
      for (const [index, { value }] of records.entries()) expect(value).toEqual(seededBytes(20_000, index));
      expect(await store.get('gone')).toBeUndefined();
      expect(await store.get('vault-key')).toBeUndefined();
      // Versions go on behind those of before.
      const [version] = await store.commit([
        { key: keyName(0), value: utf8('newer'), expectedVersion: versions.get(keyName(0))! },
      ]);
      expect(version).toBeGreaterThan(Math.max(...versions.values()));
      await store.close();
      expect(fromUtf8((await open().get(keyName(0)))!.value)).toBe('newer');
    }
  });

  test('is left as it is until the new one counts, and removed after a while', async () => {
    const { open, drive, clock } = await scene();
    const isFormer = ({ path }: { path: string }) => /^\/state\/(snapshots\/|epochs\/0)/.test(path);
    const before = (await listing(drive, '/state')).filter(isFormer).map(({ path }) => path);
    expect(before.length).toBeGreaterThan(3);
    const store = open();
    await store.commit([]);
    await store.close();
    expect((await listing(drive, '/state')).filter(isFormer).map(({ path }) => path)).toEqual(before);
    await clock.sleep(60_001);
    const later = open();
    await later.commit([]);
    await later.close();
    expect((await listing(drive, '/state')).filter(isFormer)).toEqual([]);
    expect(await open().keys('ledger/')).toHaveLength(40);
  });

  test('a client of before meets the new store, says that a newer Dossier wrote it, and changes nothing', async () => {
    const { open, former, writer, drive } = await scene({ leave: false });
    const store = open();
    expect(await store.keys('ledger/')).toHaveLength(40);
    await store.close();
    const before = (await listing(drive, '/state')).map(({ path }) => path);
    for (const old of [former(), writer]) {
      const change = [{ key: 'late', value: utf8('x'), expectedVersion: 0 }];
      await expect(old.commit(change)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('newer version of Dossier'),
      });
      await expect(old.list('')).rejects.toMatchObject({ code: 'unsupported' });
    }
    expect(await open().get('late')).toBeUndefined();
    const now = (await listing(drive, '/state')).map(({ path }) => path);
    // The one that held the old log had sent its commit before it looked: it lies where nobody reads.
    expect(now.filter((path) => !before.includes(path) && !path.startsWith('/state/epochs/0'))).toEqual([]);
  });

  test('a client of before never begins a store beside a new one', async () => {
    const clock = createVirtualClock({ auto: true });
    const drive = createMemoryDrive(createMemoryStorage(() => 0));
    const store = createDriveState({ drive, folder, clock });
    await store.commit([{ key: 'a', value: utf8('x'), expectedVersion: 0 }]);
    await store.close();
    await expect(createFormerDriveState({ drive, folder, clock }).list('')).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  test('with another key is locked, before anything of it is changed', async () => {
    const { open, drive, former } = await scene({ count: 3, size: 10 });
    const other = parseKey(createKey());
    const cipher = createStoreCipher(other, await createVault(other));
    await expect(open(drive, cipher).list('')).rejects.toMatchObject({ code: 'vault-locked' });
    await expect(open(drive, cipher).commit([])).rejects.toMatchObject({ code: 'vault-locked' });
    expect(await former().keys('ledger/')).toHaveLength(3);
    expect(await open().keys('ledger/')).toHaveLength(3);
  });

  test('whose snapshot is damaged is told, and stays', async () => {
    const { open, drive } = await scene();
    const snapshot = (await listing(drive, '/state/snapshots'))[0]!;
    const damaging: Drive = {
      ...drive,
      read: (ref, range, context) =>
        ref.path === snapshot.path
          ? (async function* () {
              let at = range?.start ?? 0;
              for await (const bytes of drive.read(ref, range, context)) {
                yield bytes.map((byte, index) => (at + index === 5_000 ? byte ^ 1 : byte));
                at += bytes.length;
              }
            })()
          : drive.read(ref, range, context),
    };
    await expect(open(damaging).list('')).rejects.toMatchObject({ code: 'state-corrupt' });
    expect(await open().keys('ledger/')).toHaveLength(40);
  });
});
