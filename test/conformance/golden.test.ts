import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { equalBytes, fromBase64, fromUtf8 } from '../../shared/core/bytes.ts';
import { digestsOf, sha256Hex } from '../../shared/core/hashing.ts';
import { decodeEntry } from '../../shared/ledger/log/records.ts';
import { findLedger, type Ledger } from '../../shared/ledger/openLedger.ts';
import { createReceipt, encodeReceipt, parseReceipt } from '../../shared/ledger/receipt/receipt.ts';
import { verifyReceipt } from '../../shared/ledger/receipt/verifyReceipt.ts';
import { openCheckpoint } from '../../shared/ledger/signing/checkpoint.ts';
import { preAuthentication } from '../../shared/ledger/signing/envelope.ts';
import { keyFingerprint } from '../../shared/ledger/signing/signingKeys.ts';
import { auditLedger } from '../../shared/ledger/verify/auditLog.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { fileContent, goldenKey, makeGolden } from './golden/makeGolden.ts';

const sets = join(import.meta.dirname, 'golden');

/** Whoever has kept these files has kept these two with them. */
const goldenPins = {
  statementKey: 'a2e4bef819718cd6b88307c7f263dab7577fa676ea6f641c4eacdeaf4feb8b6b',
  origin: '26e56a277030e4934fa36df8887b6fbc.dossier-reports.github.io',
};

/** In the second set entries are written in bytes instead of JSON. */
const pinned: Readonly<Record<string, { readonly statementKey: string; readonly origin: string }>> = {
  v1: goldenPins,
  v2: goldenPins,
};

test('each set of golden files is pinned', () => {
  expect(
    readdirSync(sets, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(pinned).sort());
});

describe.each(Object.entries(pinned))('receipts of %s verify for ever', (name, pins) => {
  const read = (file: string) => new Uint8Array(readFileSync(join(sets, name, file)));
  const receipts = readdirSync(join(sets, name)).filter((file) => file.endsWith('.sigstore.json'));
  const stored = Object.entries(JSON.parse(fromUtf8(read('records.json'))) as Record<string, string>).map(
    ([key, value]) => ({ key, value: fromBase64(value), expectedVersion: 0 }),
  );
  const notes = ['checkpoint-0.txt', 'checkpoint-1.txt'].map((file) => fromUtf8(read(file)));
  const store = createMemoryState();
  let call = 0;
  const ports = {
    store,
    key: goldenKey,
    clock: createVirtualClock({ auto: true }),
    random: (length: number) => new Uint8Array(length).fill(call++),
  };
  let ledger: Ledger;
  beforeAll(async () => {
    await store.commit(stored);
    ledger = (await findLedger(ports))!;
  });

  test('the same Dossier key still gives the same keys and the same name', () => {
    expect(keyFingerprint(ledger.trust.statementKeys[0]!)).toBe(pins.statementKey);
    expect(ledger.log.identity.origin).toBe(pins.origin);
    expect(ledger.statementKeyPem).toBe(fromUtf8(read('statementKey.pem')));
  });

  test.each(receipts)('%s holds in every part, and not for a changed statement', (file) => {
    const receipt = parseReceipt(read(file));
    const verdict = verifyReceipt(receipt, ledger.trust);
    expect(verdict.parts.filter(({ holds }) => !holds)).toEqual([]);
    expect(verdict.holds).toBe(true);
    const payload = receipt.payload.map((byte, at) => (at === receipt.payload.length >> 1 ? byte ^ 1 : byte));
    expect(verifyReceipt({ ...receipt, payload }, ledger.trust).holds).toBe(false);
  });

  test('the file itself is the subject of its receipt, and no other file is', () => {
    const receipt = parseReceipt(read('receipt-0.sigstore.json'));
    expect(verifyReceipt(receipt, ledger.trust, { sha256: digestsOf(fileContent).sha256 }).holds).toBe(true);
    expect(verifyReceipt(receipt, ledger.trust, { sha256: sha256Hex('another file') }).holds).toBe(false);
  });

  test('the stored ledger is whole, fits both checkpoints, and goes on', async () => {
    expect(await auditLedger(ports, { seen: notes })).toEqual([]);
    expect(notes.map((note) => openCheckpoint(note, ledger.log.identity).size)).toEqual([3, 6]);
    const [known, added] = await ledger.log.append([
      { event: 'Register', asset: 'a', occasion: 'r1', observedAt: 0, subjects: [{ sha256: 'ab'.repeat(32) }] },
      { event: 'Restore', asset: 'b', occasion: 'r5', observedAt: 0, subjects: [{ sha256: 'ab'.repeat(32) }] },
    ]);
    expect([known, added]).toMatchObject([
      { index: 0, known: true },
      { index: 6, known: false },
    ]);
    expect(await auditLedger(ports, { seen: notes })).toEqual([]);
    for (const index of [0, 5, 6])
      expect(
        verifyReceipt(parseReceipt(encodeReceipt(await createReceipt(ledger.log, index))), ledger.trust).holds,
      ).toBe(true);
  });
});

test('what is written today is, byte for byte, what was written then: only ECDSA signatures, which differ each time, are taken from there', async () => {
  const newest = Object.keys(pinned).at(-1)!;
  const folder = join(sets, newest);
  const records = JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8')) as Record<string, string>;
  const entries = Object.entries(records).filter(([key]) => key.includes('/entry/'));
  const signatures = new Map(
    entries.map(([key, value]) => {
      const { envelope } = decodeEntry({ key, value: fromBase64(value), version: 1 });
      return [sha256Hex(preAuthentication(envelope.payload)), envelope.signature];
    }),
  );
  const today = await makeGolden((message) => {
    const signature = signatures.get(sha256Hex(message));
    if (!signature) throw new Error(`Another statement is signed today: ${new TextDecoder().decode(message)}`);
    return signature;
  });
  expect([...today.keys()].sort()).toEqual(readdirSync(folder).sort());
  const different = [...today].filter(([file, bytes]) => !equalBytes(bytes, readFileSync(join(folder, file))));
  expect(different.map(([file]) => file)).toEqual([]);
});
