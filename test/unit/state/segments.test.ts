import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../shared/core/errors.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { plainCipher } from '../../../shared/state/segments/cipher.ts';
import { createFilterWriter, familyOf, mayHold } from '../../../shared/state/segments/filter.ts';
import { applyEdit, decodeManifest, emptyManifest, encodeManifest } from '../../../shared/state/segments/manifest.ts';
import { createSegmentReader } from '../../../shared/state/segments/reading.ts';
import { decodeRows, encodeRows } from '../../../shared/state/segments/rows.ts';
import { buildSegment, usualShape } from '../../../shared/state/segments/segment.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/testing.ts';
import { runSegmentModel } from '../../crash/segmentModel.ts';
import { seededBytes } from '../../support/seeded.ts';

const segmentOf = (...keys: string[]) =>
  buildSegment(
    keys.map((key) => ({ key, version: 1, value: seededBytes(10, key) })),
    { cipher: plainCipher, random: (length) => seededBytes(length, keys.join()), shape: usualShape },
  ).segment;

describe('segments', () => {
  test('nothing acknowledged is lost, torn or refused while records move, are merged and carried over from format 1', async () => {
    let [kills, removed, migrated] = [0, 0, 0];
    for (let seed = 1; seed <= 75; seed++) {
      const run = await runSegmentModel(seed, createMemoryDrive(createMemoryStorage(() => 0)));
      expect(run.faults, `seed ${seed}`).toEqual([]);
      kills += run.kills;
      removed += run.segmentsRemoved;
      migrated += Number(run.migrated);
    }
    // The schedules must really hurt, and segments really come and go.
    expect(kills).toBeGreaterThan(100);
    expect(removed).toBeGreaterThan(50);
    expect(migrated).toBe(25);
  });

  test('files of format 1 stay until no owner that still reads them can be adopted', async () => {
    // Two carry the store over; a third, whose clock is far ahead, finds it time to remove what the second still reads.
    const run = await runSegmentModel(432, createMemoryDrive(createMemoryStorage(() => 0)));
    expect(run.faults).toEqual([]);
  });

  test('rows come back as they were, removals and large versions too', () => {
    const rows = ['a/b', 'a/bc', 'a/bc/d', 'b'].map((key, index) => ({
      key,
      version: 2 ** 50 + index,
      value: index === 2 ? undefined : seededBytes(index * 200, key),
    }));
    expect(decodeRows(encodeRows(rows))).toEqual(rows);
  });

  test('a filter forgets no key and no family, and lets few others through', () => {
    const digest = (index: number) => `ledger/main/digest/${sha256Hex(`${index}`)}/`;
    const keys = Array.from({ length: 2000 }, (_, index) => `ledger/main/asset/${index}`);
    const writer = createFilterWriter();
    for (const [index, key] of keys.entries()) {
      writer.add(key);
      writer.add(`${digest(index >> 1)}${String(index).padStart(12, '0')}`);
    }
    const filter = writer.finish();
    expect(keys.filter((key) => !mayHold(filter, key))).toEqual([]);
    // Below such a word that is no digest keys may be deeper: then the filter says nothing of what they begin with.
    expect(familyOf(`mirrors/${'0'.repeat(32)}/`)).toBeUndefined();
    expect(keys.filter((_, index) => index < 1000 && !mayHold(filter, digest(index)))).toEqual([]);
    expect(keys.filter((key) => mayHold(filter, `${key}x`)).length).toBeLessThan(6);
    expect(keys.filter((_, index) => mayHold(filter, digest(-1 - index))).length).toBeLessThan(6);
  });

  test('a segment that is removed while it is read is told of once, whoever waits for its other blocks', async () => {
    const rows = Array.from({ length: 40 }, (_, at) => ({
      key: `k/${String(at).padStart(3, '0')}`,
      version: 1,
      value: seededBytes(50, at),
    }));
    const { segment, bytes } = buildSegment(rows, {
      cipher: plainCipher,
      random: (length) => seededBytes(length, 'removed'),
      shape: { blockSize: 100, segmentSize: 1e6 },
    });
    let reads = 0;
    const reader = createSegmentReader({
      cipher: plainCipher,
      files: {
        // The end of the segment is still read.
        read: async (_, start, end) => {
          if (++reads > 1) throw new DossierError('not-found');
          return bytes.slice(start, end);
        },
        write: async () => undefined,
        remove: async () => undefined,
        names: async () => [],
      },
    });
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const scanning = reader.scan(segment)[Symbol.asyncIterator]();
      await expect(scanning.next()).rejects.toMatchObject({ code: 'not-found' });
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  test('a manifest comes back as it was', () => {
    const manifest = {
      runs: [segmentOf('a', 'z'), segmentOf('b')],
      upper: [segmentOf('a', 'b'), segmentOf('c', 'd')],
      lower: [segmentOf('e')],
      garbage: [{ name: 'f'.repeat(64), since: 1_800_000_000_000 }],
    };
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
    const places = new Map([
      [manifest.upper[1]!.name, { offset: 16, hasFilter: true }],
      [manifest.lower[0]!.name, { offset: 90_000, hasFilter: false }],
    ]);
    const withHeads = { ...manifest, heads: { name: 'e'.repeat(64), size: 90_100, places } };
    expect(decodeManifest(encodeManifest(withHeads))).toEqual(withHeads);
  });

  test('an edit is void when its sources are gone, or what it brings is garbage, overlaps or hides something newer', () => {
    const [old, young, merged] = [segmentOf('a', 'm'), segmentOf('b', 'n'), segmentOf('a', 'n')];
    const manifest = { ...emptyManifest, runs: [young, old] };
    const edit = (...names: string[]) => ({ remove: new Set(names), upper: [merged], lower: [] });
    expect(applyEdit(manifest, edit(old.name, young.name), 5)).toEqual({
      ...emptyManifest,
      upper: [merged],
      garbage: [old, young].map(({ name }) => ({ name, since: 5 })),
    });
    expect(applyEdit(manifest, edit(old.name), 5)?.runs).toEqual([young]);
    expect(applyEdit(manifest, edit(young.name), 5)).toBeUndefined();
    expect(applyEdit({ ...manifest, runs: [young] }, edit(old.name), 5)).toBeUndefined();
    expect(applyEdit({ ...manifest, upper: [segmentOf('c')] }, edit(old.name), 5)).toBeUndefined();
    expect(applyEdit({ ...manifest, garbage: [{ name: merged.name, since: 1 }] }, edit(old.name), 5)).toBeUndefined();
  });
});
