import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import type { Trust } from '../../../shared/ledger/identity/trust.ts';
import { createLog } from '../../../shared/ledger/log/log.ts';
import { createReceipt, encodeReceipt, parseReceipt, type Receipt } from '../../../shared/ledger/receipt/receipt.ts';
import { verifyReceipt } from '../../../shared/ledger/receipt/verifyReceipt.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../../shared/ledger/signing/signingKeys.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const logKey = logKeyFromSeed(seededBytes(32, 'log'));
const statementKey = statementKeyFromSeed(seededBytes(32, 'statement'));
const file = { sha256: sha256Hex(seededBytes(10, 'file')) };

async function logged() {
  const log = createLog({
    store: createMemoryState(),
    ledger: 'main',
    origin: 'dossier.example/main',
    logKey,
    statementKey,
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, 'random'),
  });
  await log.append(
    Array.from({ length: 11 }, (_, index) => ({
      event: 'Register' as const,
      asset: `a${index}`,
      occasion: 'r',
      observedAt: 0,
      subjects: [index === 5 ? file : { sha256: sha256Hex(seededBytes(9, index)) }],
    })),
  );
  const trust: Trust = { logs: [log.identity], statementKeys: [statementKey.publicKey], timestampChains: [] };
  return { log, trust, receipt: await createReceipt(log, 5) };
}

const failing = (receipt: Receipt, trust: Trust, about = file) =>
  verifyReceipt(receipt, trust, about)
    .parts.filter(({ holds }) => !holds)
    .map(({ part }) => part);

describe('receipt', () => {
  test('holds offline, through its file form', async () => {
    const { trust, receipt } = await logged();
    const verdict = verifyReceipt(parseReceipt(encodeReceipt(receipt)), trust, file);
    expect(verdict.parts.filter(({ holds }) => !holds)).toEqual([]);
    expect(verdict).toMatchObject({ holds: true, statement: { subjects: [file] } });
  });

  test('another file is not the subject', async () => {
    const { trust, receipt } = await logged();
    expect(failing(receipt, trust, { sha256: '0'.repeat(64) })).toEqual(['subject']);
  });

  test('keys that came with the receipt are not trusted', async () => {
    const { log, receipt } = await logged();
    const strangers: Trust = { logs: [], statementKeys: [], timestampChains: [] };
    expect(failing(receipt, strangers)).toEqual(expect.arrayContaining(['key', 'signature', 'checkpoint']));
    const otherKey = statementKeyFromSeed(seededBytes(32, 'other')).publicKey;
    expect(failing(receipt, { logs: [log.identity], statementKeys: [otherKey], timestampChains: [] })).toEqual(
      expect.arrayContaining(['key', 'signature']),
    );
  });

  const flip = (bytes: Uint8Array, at = 3) => Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte));
  test.each<[string, (receipt: Receipt) => Partial<Receipt>, string]>([
    ['payload', ({ payload }) => ({ payload: flip(payload, payload.length - 5) }), 'signature'],
    ['signature', ({ signature }) => ({ signature: flip(signature, 20) }), 'signature'],
    ['leaf', ({ leafBody }) => ({ leafBody: flip(leafBody) }), 'entry'],
    ['index', ({ index }) => ({ index: index + 1 }), 'inclusion'],
    ['tree size', ({ treeSize }) => ({ treeSize: treeSize + 1 }), 'checkpoint'],
    ['a proof hash', ({ proof }) => ({ proof: [flip(proof[0]!), ...proof.slice(1)] }), 'inclusion'],
    ['a missing proof hash', ({ proof }) => ({ proof: proof.slice(1) }), 'inclusion'],
    ['root', ({ root }) => ({ root: flip(root) }), 'checkpoint'],
    ['checkpoint', ({ checkpoint }) => ({ checkpoint: checkpoint.replace('\n11\n', '\n12\n') }), 'checkpoint'],
    ['log id', ({ logId }) => ({ logId: flip(logId) }), 'checkpoint'],
    ['key hint', () => ({ keyHint: 'ab'.repeat(32) }), 'key'],
  ])('a changed %s is found and named', async (_what, change, part) => {
    const { trust, receipt } = await logged();
    const changed = { ...receipt, ...change(receipt) };
    expect(verifyReceipt(changed, trust, file).holds).toBe(false);
    expect(failing(changed, trust)).toContain(part);
  });

  test.each(['', '{}', '[]', '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}', 'x'.repeat(1000)])(
    '%j is no receipt, and says so',
    (text) => {
      expect(() => parseReceipt(new TextEncoder().encode(text))).toThrow(/receipt/);
    },
  );
});

test('of a file that holds two receipts, one a line, the file is to be mended, not the ledger', () => {
  const line = JSON.stringify({ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' });
  const read = () => parseReceipt(new TextEncoder().encode(`${line}\n${line}\n`));
  expect(read).toThrow(expect.objectContaining({ code: 'ledger-broken' }));
  expect(read).toThrow(/Ask for this receipt again/);
  expect(read).not.toThrow(/backup/);
});
