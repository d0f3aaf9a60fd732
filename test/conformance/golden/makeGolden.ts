/**
 * The golden files of a ledger: what somebody may have kept for years. `node test/conformance/golden/makeGolden.ts
 * FOLDER` writes a set into a new folder; a set that is there is never made again, for what it must show is that later
 * code still takes it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toBase64, utf8 } from '../../../shared/core/bytes.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { ledgerKeys } from '../../../shared/ledger/signing/deriveKeys.ts';
import { createLog, type Occurrence } from '../../../shared/ledger/log/log.ts';
import { createReceipt, encodeReceipt } from '../../../shared/ledger/receipt/receipt.ts';
import { encodeTlogProof } from '../../../shared/ledger/receipt/tlogProof.ts';
import { encodeTrustedRoot } from '../../../shared/ledger/identity/trust.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { parseKey } from '../../../shared/vault/key.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

/** A key for this alone. */
export const goldenKey = parseKey('dossier-key-1aebagbafaydqqcikbmga2dqpcaireeyuculbogazdinryhi6d4qlinrds4');
const since = Date.UTC(2026, 0, 1);
export const ledgerName = JSON.stringify({ id: '000102030405060708090a0b0c0d0e0f', since });

export const fileContent = utf8('The water stands at the second step of the bridge.\n');
const file = { sha256: sha256Hex(fileContent), dropboxContentHash: '5a'.repeat(32) };
const changed = { sha256: 'c4'.repeat(32) };

/** Two batches: what is proved by the first checkpoint must still follow from the second. */
const batches: readonly (readonly Occurrence[])[] = [
  [
    { event: 'Register', asset: 'a', occasion: 'r1', observedAt: since + 1000, subjects: [file], masked: { name: 'bridge.txt', path: '/reports/bridge.txt', size: 51 }, details: { hashSource: 'sent' } },
    { event: 'Register', asset: 'b', occasion: 'r1', observedAt: since + 2000, subjects: [{ dropboxContentHash: 'd0'.repeat(32) }], details: { hashSource: 'provider', claimed: { serverModified: '2026-01-01T00:00:01Z' } } },
    { event: 'Submit', asset: 'c', occasion: 'report', observedAt: since + 3000, subjects: [file, changed], masked: { title: 'Überschwemmung' } },
  ],
  [
    { event: 'Publish', asset: 'a', occasion: 'r2', observedAt: since + 4000, subjects: [changed], masked: { name: 'bridge.txt' }, details: { hashSource: 'downloaded' } },
    { event: 'Rename', asset: 'a', occasion: 'r3', observedAt: since + 5000, subjects: [changed], masked: { name: 'bridge 2.txt' } },
    { event: 'Delete', asset: 'b', occasion: 'r4', observedAt: since + 6000, subjects: [{ revision: 'e1'.repeat(32) }] },
  ],
];

/**
 * An ECDSA signature differs each time it is made. To compare byte by byte, signatures made before are given again for
 * the very same bytes.
 */
export type Signer = (message: Uint8Array, sign: (message: Uint8Array) => Uint8Array) => Uint8Array;

/** Name and content of each file. */
export async function makeGolden(signer: Signer = (message, sign) => sign(message)): Promise<Map<string, Uint8Array>> {
  const keys = ledgerKeys(goldenKey, ledgerName);
  const store = createMemoryState();
  await store.commit([{ key: 'ledger/main/id', value: utf8(ledgerName), expectedVersion: 0 }]);
  const log = createLog({
    store,
    ledger: 'main',
    origin: keys.origin,
    logKey: keys.log,
    statementKey: { ...keys.statement, signAside: async (message) => signer(message, keys.statement.sign) },
    clock: createVirtualClock({ auto: true, start: since }),
    // The same whatever is drawn when: only the format is compared.
    random: (length) => new Uint8Array(length).fill(7),
  });
  const files = new Map<string, Uint8Array>();
  for (const [at, batch] of batches.entries()) {
    const recorded = await log.append(batch);
    files.set(`checkpoint-${at}.txt`, utf8((await log.head())!.note));
    for (const { index } of recorded) files.set(`receipt-${index}.sigstore.json`, encodeReceipt(await createReceipt(log, index)));
  }
  // The first entry once more, under the newer checkpoint.
  files.set('receipt-0-newer.sigstore.json', encodeReceipt(await createReceipt(log, 0)));
  files.set('receipt-4.tlog-proof', encodeTlogProof(await createReceipt(log, 4)));
  const trust = { logs: [log.identity], statementKeys: [keys.statement.publicKey], timestampChains: [] };
  files.set('trusted_root.json', encodeTrustedRoot(trust, since));
  files.set('statementKey.pem', utf8(keys.statement.pem));
  const records = (await store.list('')).map(({ key, value }) => [key, toBase64(value)] as const);
  files.set('records.json', utf8(`${JSON.stringify(Object.fromEntries(records), null, 1)}\n`));
  return files;
}

if (import.meta.main) {
  const folder = process.argv[2] ?? '';
  mkdirSync(folder);
  for (const [name, bytes] of await makeGolden()) writeFileSync(join(folder, name), bytes, { flag: 'wx' });
}
