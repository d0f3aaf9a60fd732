import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { toBase64 } from '../../shared/core/bytes.ts';
import { createDriveState, parsePath } from '../../shared/index.ts';
import { createLog } from '../../shared/ledger/log/log.ts';
import { tilePath, tilesBetween } from '../../shared/ledger/log/tiles.ts';
import { auditLog } from '../../shared/ledger/verify/auditLog.ts';
import { createMemoryDrive, createMemoryStorage } from '../../shared/testing.ts';
import { seededBytes } from '../support/seeded.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { bundleWriter, faultsOf, runKills, runWriter } from './ledgerKill.ts';
import { killLogOptions } from './ledgerOrders.ts';

const trust = {
  logs: [{ origin: killLogOptions.origin, publicKey: killLogOptions.logKey.publicKey }],
  statementKeys: [killLogOptions.statementKey.publicKey],
  timestampChains: [],
};

test('a process killed at any step of an append leaves no gap, no duplicate and no contradiction', {
  timeout: 180_000,
}, async () => {
  const { kills, steps, faults, entries } = await runKills(18, 7);
  expect(faults).toEqual([]);
  expect(kills).toBe(18);
  // A timed kill may come too late; the others always come.
  expect(Object.values(steps).filter((count) => count >= 3).length).toBeGreaterThanOrEqual(5);
  expect(entries).toBeGreaterThan(10);
});

test('two processes on one SQLite file leave one gapless log, and what does not fit it is told', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-two-processes-'));
  try {
    const writer = await bundleWriter(folder);
    const orders = { path: join(folder, 'ledger.db'), appends: 25, perAppend: 1 };
    const both = await Promise.all([
      runWriter(writer, { ...orders, from: 0 }),
      runWriter(writer, { ...orders, from: 20 }),
    ]);
    const [acknowledged, signed] = [both.flatMap((each) => each.acknowledged), both.flatMap((each) => each.signed)];
    expect(acknowledged.length).toBe(50);
    expect(await faultsOf(orders.path, acknowledged, signed)).toEqual([]);
    // Five occasions were recorded by both, and are there once.
    const store = createSqliteState(orders.path);
    expect((await store.keys('ledger/main/entry/')).length).toBe(45);
    await store.close();

    const [origin, size, root] = signed.find((text) => text.split('\n')[1] === '45')!.split('\n') as [
      string,
      string,
      string,
    ];
    const other = toBase64(seededBytes(32, 'another history'));
    expect(await faultsOf(orders.path, [{ occasion: 3, entry: 44 }], [])).toEqual([
      expect.stringMatching(/Occasion 3 was acknowledged as entry 44 and is \d+/),
    ]);
    expect(await faultsOf(orders.path, [{ occasion: 99, entry: 0 }], [])).toEqual([expect.stringMatching(/gone/)]);
    expect(await faultsOf(orders.path, [], [`${origin}\n${size}\n${other}\n`])).toEqual([
      expect.stringMatching(/not those that were signed/),
    ]);
    expect(await faultsOf(orders.path, [], [`${origin}\n${Number(size) + 1}\n${root}\n`])).toEqual([
      expect.stringMatching(/newest are missing/),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('four workers on a drive leave one gapless log', { timeout: 120_000 }, async () => {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => clock.now());
  let call = 0;
  const workers = Array.from({ length: 4 }, () => {
    const store = createDriveState({ drive: createMemoryDrive(storage), folder: parsePath('/.dossier/state'), clock });
    return {
      store,
      log: createLog({ ...killLogOptions, clock, random: (length) => seededBytes(length, call++), store }),
    };
  });
  const at = (index: number) => ({
    event: 'Register' as const,
    asset: `a${index}`,
    occasion: 'o',
    observedAt: index,
    subjects: [{ sha256: 'ab'.repeat(32) }],
  });
  await Promise.all(
    workers.map(async ({ log }, worker) => {
      for (let turn = 0; turn < 5; turn++) await log.append([at(worker * 4 + turn)]);
    }),
  );
  for (const { store } of workers) await store.close();
  const [{ store, log }] = workers as [(typeof workers)[0]];
  expect(await auditLog({ store, ledger: 'main', trust })).toEqual([]);
  expect((await log.head())!.checkpoint.size).toBe(17);
});

test('the layout of 70,000 entries is that of c2sp.org/tlog-tiles', () => {
  const tiles = tilesBetween(0, 70_000);
  const of = (level: number | 'entries') => tiles.filter((tile) => tile.level === level);
  expect([of('entries').length, of(0).length, of(1).length, of(2).length]).toEqual([274, 274, 2, 1]);
  expect(of(0).filter(({ width }) => width === 256).length).toBe(273);
  expect([of(0).at(-1), of(1).at(-1), of(2).at(-1)].map((tile) => tilePath(tile!))).toEqual([
    'tile/0/273.p/112',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
});
