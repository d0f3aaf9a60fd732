import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/index.ts';
import { plainCipher } from '../../../shared/state/segments/cipher.ts';
import { createFilterWriter, mayHold } from '../../../shared/state/segments/filter.ts';
import { applyEdit, decodeManifest, emptyManifest, encodeManifest } from '../../../shared/state/segments/manifest.ts';
import { decodeRows, encodeRows } from '../../../shared/state/segments/rows.ts';
import { buildSegment, usualShape } from '../../../shared/state/segments/segment.ts';
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
    expect(keys.filter((_, index) => index < 1000 && !mayHold(filter, digest(index)))).toEqual([]);
    expect(keys.filter((key) => mayHold(filter, `${key}x`)).length).toBeLessThan(6);
    expect(keys.filter((_, index) => mayHold(filter, digest(-1 - index))).length).toBeLessThan(6);
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
