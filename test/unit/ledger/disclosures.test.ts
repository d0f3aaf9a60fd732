import { expect, test } from 'vitest';
import { eraseDisclosures, listDisclosures, verifyDisclosure } from '../../../shared/ledger/log/disclosures.ts';
import { createLog } from '../../../shared/ledger/log/log.ts';
import { tilePath, tilesBetween } from '../../../shared/ledger/log/tiles.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../../shared/ledger/signing/signingKeys.ts';
import { auditLog } from '../../../shared/ledger/verify/auditLog.ts';
import { verifyInTiles } from '../../../shared/ledger/verify/verifyInTiles.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { seededBytes } from '../../support/seeded.ts';
import { encodeTree } from '../../support/tileTree.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const logKey = logKeyFromSeed(seededBytes(32, 'log'));
const statementKey = statementKeyFromSeed(seededBytes(32, 'statement'));
const origin = 'disclosures.dossier.example';
const trust = {
  logs: [{ origin, publicKey: logKey.publicKey }],
  statementKeys: [statementKey.publicKey],
  timestampChains: [],
};

test('one name can be shown, and no other; an erased one cannot be shown again, and the log stays whole', async () => {
  const store = createMemoryState();
  let call = 0;
  const log = createLog({
    store,
    ledger: 'main',
    origin,
    logKey,
    statementKey,
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, call++),
  });
  await log.append(
    ['a.jpg', 'b.jpg'].map((name) => ({
      event: 'Register' as const,
      asset: name.slice(0, 1),
      occasion: 'o',
      observedAt: 0,
      subjects: [{ sha256: 'ab'.repeat(32) }],
      masked: { name, path: `/x/${name}` },
    })),
  );
  const source = { store, ledger: 'main' };
  const { name, path } = await listDisclosures(source, 0);
  const [first, second] = [(await log.entry(0))!, (await log.entry(1))!];
  expect(verifyDisclosure(first, name!)).toEqual({ claim: 'name', value: 'a.jpg' });
  expect(Buffer.from(name!, 'base64url').toString()).not.toContain('/x/');
  expect(() => verifyDisclosure(second, name!)).toThrow(/does not belong/);

  await eraseDisclosures(source, 0, 'name');
  expect(await listDisclosures(source, 0)).toEqual({ path });
  await eraseDisclosures(source, 0);
  await eraseDisclosures(source, 0);
  expect(await listDisclosures(source, 0)).toEqual({});
  expect(await auditLog({ store, ledger: 'main', trust })).toEqual([]);
});

test('a published ledger is checked from its files, and each changed or missing file is named', async () => {
  const tree = encodeTree(600, origin, logKey, statementKey);
  const files = new Map([
    ['checkpoint', tree.checkpoint],
    ...tilesBetween(0, 600).map((tile) => [tilePath(tile), tree.tile(tile)] as const),
  ]);
  const check = (changed: ReadonlyMap<string, Uint8Array>) => verifyInTiles(async (path) => changed.get(path), trust);
  expect(await check(files)).toEqual({ origin, size: 600, entries: 600 });
  for (const [path, bytes] of files) {
    const flipped = Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 3 ? byte ^ 1 : byte));
    await expect(check(new Map(files).set(path, flipped))).rejects.toMatchObject({ code: 'ledger-broken' });
    const gone = new Map(files);
    gone.delete(path);
    await expect(check(gone)).rejects.toMatchObject({ code: 'ledger-broken', message: expect.stringContaining(path) });
  }
  await expect(verifyInTiles(async (path) => files.get(path), { ...trust, logs: [] })).rejects.toThrow(
    /not among your trusted keys/,
  );
});
