import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toBase64 } from '../../../shared/core/bytes.ts';
import {
  createDriveState,
  createMemoryDrive,
  createMemoryStorage,
  isDossierError,
  parsePath,
  utf8,
} from '../../../shared/index.ts';
import { readSnapshot } from '../../../shared/state/onDrive/snapshotStream.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const folder = parsePath('/state');

function scene() {
  const clock = createVirtualClock({ auto: true });
  const drive = createMemoryDrive(createMemoryStorage(() => 0));
  return { open: (largest?: number) => createDriveState({ drive, folder, clock, ...(largest ? { largest } : {}) }) };
}

describe('the size of a store', () => {
  test('a commit that would make it too large is refused, and all that was acknowledged can be read', async () => {
    const { open } = scene();
    const largest = 400_000;
    const acknowledged: string[] = [];
    let refused = 0;
    for (let round = 0; round < 60; round++) {
      const store = open(largest);
      const key = `k/${String(round).padStart(3, '0')}`;
      try {
        await store.commit([{ key, value: seededBytes(20_000, key), expectedVersion: 0 }]);
        acknowledged.push(key);
      } catch (error) {
        if (!isDossierError(error, 'too-large')) throw error;
        refused++;
      }
      await store.close();
    }
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(10);
    const records = await open(largest).list('k/');
    expect(records.map(({ key }) => key)).toEqual(acknowledged);
    for (const { key, value } of records) expect(value).toEqual(seededBytes(20_000, key));

    // Room can always be made, and is there again.
    const store = open(largest);
    await store.commit(
      records.slice(0, 3).map(({ key, version }) => ({ key, value: undefined, expectedVersion: version })),
    );
    await store.commit([{ key: 'k/last', value: seededBytes(20_000, 'last'), expectedVersion: 0 }]);
    await store.close();
  });

  test('a store that grew past the limit before there was one is read', async () => {
    const { open } = scene();
    const writer = open(2 ** 30);
    for (let round = 0; round < 130; round++)
      await writer.commit([{ key: `k/${round}`, value: seededBytes(5_000, round), expectedVersion: 0 }]);
    await writer.close();
    const reader = open(100_000);
    expect(await reader.keys('k/')).toHaveLength(130);
    await expect(reader.commit([{ key: 'k/more', value: utf8('x'), expectedVersion: 0 }])).rejects.toMatchObject({
      code: 'too-large',
    });
    await reader.close();
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
