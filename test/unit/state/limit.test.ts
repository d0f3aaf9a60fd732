import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toBase64 } from '../../../shared/core/bytes.ts';
import { createDriveState, createMemoryDrive, createMemoryStorage, parsePath, utf8 } from '../../../shared/index.ts';
import { readSnapshot } from '../../../shared/state/onDrive/formerSnapshot.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const folder = parsePath('/state');

describe('the size of a store', () => {
  test('a commit that readers would refuse is refused, and a store of many times that size is read', async () => {
    const clock = createVirtualClock({ auto: true });
    const drive = createMemoryDrive(createMemoryStorage(() => 0));
    const open = () => createDriveState({ drive, folder, clock, sizes: { largest: 200_000 } });
    const acknowledged: string[] = [];
    for (let round = 0; round < 60; round++) {
      const store = open();
      const key = `k/${String(round).padStart(3, '0')}`;
      await store.commit([{ key, value: seededBytes(40_000, key), expectedVersion: 0 }]);
      acknowledged.push(key);
      await expect(
        store.commit([{ key: 'k/large', value: new Uint8Array(100_001), expectedVersion: 0 }]),
      ).rejects.toMatchObject({ code: 'too-large' });
      await store.close();
    }
    const records = await open().list('k/');
    expect(records.map(({ key }) => key)).toEqual(acknowledged);
    for (const { key, value } of records) expect(value).toEqual(seededBytes(40_000, key));
  });

  test('a snapshot of more than 256 MiB is read in pieces, and damage in it is told', async () => {
    const value = toBase64(seededBytes(2 ** 20, 'value'));
    const count = 200;
    const body = function* (damage = ''): Iterable<Uint8Array> {
      yield utf8(`${'0'.repeat(64)}\n{"schema":1,"kind":"snapshot","records":[`);
      for (let at = 0; at < count; at++) yield utf8(`${at === 0 ? '' : ','}["k/${at}",${at + 1},"${value}"]`);
      yield utf8(`${damage}]}\n`);
    };
    const hash = createHash('sha256');
    let size = 0;
    for (const bytes of body()) {
      hash.update(bytes);
      size += bytes.length;
    }
    expect(size).toBeGreaterThan(256 * 2 ** 20);
    const reference = { path: '/snapshot', sha256: hash.digest('hex') };
    const stream = async function* (damage?: string): AsyncIterable<Uint8Array> {
      yield* body(damage);
    };
    let read = 0;
    for await (const [key, version, bytes] of readSnapshot(stream(), reference)) {
      if (key !== `k/${read}` || version !== ++read || bytes.length !== 2 ** 20) throw new Error(`${key} is wrong`);
    }
    expect(read).toBe(count);
    const damaged = async () => {
      for await (const _ of readSnapshot(stream(',["k/x",1,""]'), reference));
    };
    await expect(damaged()).rejects.toMatchObject({ code: 'state-corrupt' });
  }, 60_000);
});
