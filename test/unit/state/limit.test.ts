import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { concatBytes, toBase64 } from '../../../shared/core/bytes.ts';
import { createDriveState, parsePath, utf8 } from '../../../shared/index.ts';
import { readSnapshot } from '../../../shared/state/onDrive/formerSnapshot.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/testing.ts';
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

  test('a snapshot of more than 256 MiB is read in pieces', { timeout: 300_000 }, async () => {
    const { stream, sha256, size } = snapshotOf(utf8(toBase64(seededBytes(2 ** 20, 'value'))), 200);
    expect(size).toBeGreaterThan(256 * 2 ** 20);
    let read = 0;
    for await (const [, , bytes] of readSnapshot(stream(), { path: '/snapshot', sha256 })) {
      if (bytes.length !== 2 ** 20) throw new Error('A record was cut off');
      read++;
    }
    expect(read).toBe(200);
  });

  test('damage in a snapshot is told', async () => {
    const { stream, sha256 } = snapshotOf(utf8('AAAA'), 3);
    const records = async (damage = ''): Promise<number> => {
      let count = 0;
      for await (const _ of readSnapshot(stream(damage), { path: '/snapshot', sha256 })) count++;
      return count;
    };
    expect(await records()).toBe(3);
    await expect(records(',["k/x",1,""]')).rejects.toMatchObject({ code: 'state-corrupt' });
    await expect(records('x')).rejects.toMatchObject({ code: 'state-corrupt' });
  });
});

/** A snapshot of format 1 of so many records. */
function snapshotOf(value: Uint8Array, count: number) {
  const begin = utf8(`${'0'.repeat(64)}\n{"schema":1,"kind":"snapshot","records":[`);
  const first = concatBytes([utf8('["k",1,"'), value, utf8('"]')]);
  const next = concatBytes([utf8(','), first]);
  const body = (damage = ''): Uint8Array[] => [
    begin,
    first,
    ...Array.from({ length: count - 1 }, () => next),
    utf8(`${damage}]}\n`),
  ];
  const hash = createHash('sha256');
  let size = 0;
  for (const bytes of body()) {
    hash.update(bytes);
    size += bytes.length;
  }
  const stream = async function* (damage?: string): AsyncIterable<Uint8Array> {
    yield* body(damage);
  };
  return { stream, sha256: hash.digest('hex'), size };
}
