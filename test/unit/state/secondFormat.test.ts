import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromBase64 } from '../../../shared/core/bytes.ts';
import { digestsOf, sha256Hex } from '../../../shared/core/hashing.ts';
import { nameOf, parentOf, parsePath } from '../../../shared/core/paths.ts';
import { ensureFolder } from '../../../shared/drive/ensureFolder.ts';
import { createDriveState, verifyInLedger } from '../../../shared/index.ts';
import { auditLedger, createMemoryDrive, createMemoryStorage, findLedger } from '../../../shared/testing.ts';
import { goldenKey } from '../../conformance/golden/makeGolden.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

/**
 * What the first version of format 2 wrote: entries in JSON, whole keys in the indexes, filters of ten bits a key. Six
 * clients, four files each.
 */
const kept: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'secondFormat.json'), 'utf8'),
);
const sizes = {
  shape: { blockSize: 600, segmentSize: 6000 },
  levels: { tail: 1500, runs: 6000, upper: 9000, atOnce: 30_000 },
};
const names = (rounds: number): string[] =>
  Array.from({ length: rounds }, (_, round) => [0, 1, 2, 3].map((at) => `${round} ${at}`)).flat();

test('a store of before opens, answers for everything, and goes on until all of it was written anew', async () => {
  const drive = createMemoryDrive(createMemoryStorage(() => 0));
  for (const [text, content] of Object.entries(kept)) {
    const path = parsePath(text.replace(/\/$/, ''));
    const bytes = fromBase64(content);
    await ensureFolder(drive, text.endsWith('/') ? path : parentOf(path));
    if (!text.endsWith('/'))
      await drive.upload({ folder: { path: parentOf(path) }, name: nameOf(path) }, bytes, digestsOf(bytes));
  }
  const clock = createVirtualClock({ auto: true, start: Date.UTC(2026, 1, 1) });
  let drawn = 0;
  const random = (length: number) => seededBytes(length, `later ${drawn++}`);
  const visit = async (round: number): Promise<void> => {
    const store = createDriveState({ drive, folder: parsePath('/state'), clock, random, sizes, jitter: () => 0.5 });
    const ports = { store, key: goldenKey, clock, random };
    const ledger = (await findLedger(ports))!;
    if (round >= 6)
      await ledger.log.append(
        names(round + 1)
          .slice(-4)
          .map((name) => ({
            event: 'Register' as const,
            asset: sha256Hex(`asset ${name}`),
            occasion: 'first',
            observedAt: clock.now(),
            subjects: [{ sha256: sha256Hex(`content ${name}`) }],
            masked: { name: `${name}.jpg` },
          })),
      );
    expect((await ledger.log.head())?.checkpoint.size).toBe(names(Math.max(6, round + 1)).length);
    for (const name of names(Math.max(6, round + 1)))
      expect(await verifyInLedger(ledger, { digests: { sha256: sha256Hex(`content ${name}`) } }), name).toMatchObject({
        answer: 'known',
        versions: [{ proof: { holds: true } }],
      });
    expect(await verifyInLedger(ledger, { digests: { sha256: sha256Hex('unknown') } })).toMatchObject({
      answer: 'unknown',
    });
    expect(await auditLedger(ports)).toEqual([]);
    await store.close();
  };
  for (let round = 5; round < 16; round++) await visit(round);
});
