import { createPublicKey } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { fromUtf8 } from '../../../shared/core/bytes.ts';
import { isDossierError } from '../../../shared/core/errors.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { createRekorLedger } from '../../../shared/ledger/backends/rekor/index.ts';
import { encodeTrustedRoot, type Trust } from '../../../shared/ledger/identity/trust.ts';
import type { Occurrence } from '../../../shared/ledger/log/log.ts';
import { encodeReceipt } from '../../../shared/ledger/receipt/receipt.ts';
import { verifyReceipt } from '../../../shared/ledger/receipt/verifyReceipt.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { type RekorEmulator, startRekorEmulator } from '../../emulators/rekor/index.ts';
import { hurriedClock } from '../../support/hurriedClock.ts';
import { openTestLog } from '../../support/linking.ts';

const digests = (content: string) => digestsOf(new TextEncoder().encode(content));
const happened = (asset: string, content: string): Occurrence => ({
  event: 'Register',
  asset,
  occasion: content,
  observedAt: Date.UTC(2026, 0, 1),
  subjects: [digests(content)],
  masked: { name: 'hidden.txt' },
});

let server: RekorEmulator;
beforeEach(async () => {
  server = await startRekorEmulator();
});
afterEach(() => server.close());

function openScene() {
  const store = createMemoryState();
  const log = openTestLog(store, hurriedClock);
  return {
    store,
    log,
    ledger: createRekorLedger({
      log,
      store,
      ledger: 'rekor',
      http: createNodeHttp(),
      url: `${server.url}/`,
      identity: server,
    }),
  };
}

/** Key of the statements of `openTestLog`, as it stands in the entry itself. */
const statementKeyIn = (body: string): Buffer =>
  Buffer.from(
    (
      JSON.parse(body) as {
        spec: { hashedRekordV002: { signature: { verifier: { publicKey: { rawBytes: string } } } } };
      }
    ).spec.hashedRekordV002.signature.verifier.publicKey.rawBytes,
    'base64',
  );
const trustIn = (): Trust => ({
  logs: [server],
  statementKeys: [new Uint8Array(statementKeyIn(server.entries[0] as string))],
  timestampChains: [],
});

describe('the receipt of Rekor', () => {
  test('holds against its pinned key, for each entry of several that went at once', async () => {
    const { ledger } = openScene();
    const recorded = await ledger.append([...'abcdefg'].map((content) => happened(content, content)));
    expect(server.entries).toHaveLength(7);
    for (const [at, { index }] of recorded.entries()) {
      const receipt = await ledger.receipt(index);
      expect(
        verifyReceipt(receipt!, trustIn(), digests('abcdefg'[at] as string)).parts.filter(({ holds }) => !holds),
      ).toEqual([]);
    }
    expect(await ledger.receipt(7)).toBeUndefined();
  });

  test('is accepted by the verifier of Sigstore, and with another byte is not', async () => {
    const { ledger } = openScene();
    await ledger.append([...'abc'].map((content) => happened(content, content)));
    const bundle = JSON.parse(fromUtf8(encodeReceipt((await ledger.receipt(1))!))) as {
      dsseEnvelope: { payload: string };
    };
    const root = TrustedRoot.fromJSON(JSON.parse(fromUtf8(encodeTrustedRoot(trustIn(), 0))));
    const key = createPublicKey({ key: statementKeyIn(server.entries[1] as string), format: 'der', type: 'spki' });
    const material = toTrustMaterial(root, () => ({ publicKey: key, validFor: () => true }));
    const judge = (judged: unknown) =>
      new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 }).verify(
        toSignedEntity(bundleFromJSON(judged)),
      );
    expect(() => judge(bundle)).not.toThrow();
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
    payload[100]! ^= 1;
    expect(() =>
      judge({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload: payload.toString('base64') } }),
    ).toThrow();
  });

  type Proof = { logIndex: string; rootHash: string; hashes: string[]; checkpoint: { envelope: string } };
  const proofOf = (answer: Record<string, unknown>) => answer['inclusionProof'] as Proof;
  const turned = (text: string) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);
  test.each<[string, (answer: Record<string, unknown>) => unknown, string]>([
    ['another position', (answer) => ({ ...answer, logIndex: '0' }), 'ledger-broken'],
    [
      'another root',
      (answer) => ({ ...answer, inclusionProof: { ...proofOf(answer), rootHash: turned(proofOf(answer).rootHash) } }),
      'ledger-broken',
    ],
    [
      'another hash in its proof',
      (answer) => ({ ...answer, inclusionProof: { ...proofOf(answer), hashes: proofOf(answer).hashes.map(turned) } }),
      'ledger-broken',
    ],
    [
      'a checkpoint of another size',
      (answer) => ({
        ...answer,
        inclusionProof: {
          ...proofOf(answer),
          checkpoint: { envelope: proofOf(answer).checkpoint.envelope.replace('\n2\n', '\n3\n') },
        },
      }),
      'ledger-broken',
    ],
    [
      'another entry',
      (answer) => ({ ...answer, canonicalizedBody: Buffer.from(server.entries[0] as string).toString('base64') }),
      'ledger-broken',
    ],
    ['no proof', ({ inclusionProof: _, ...answer }) => answer, 'invalid-response'],
    ['no object', () => 'done', 'invalid-response'],
  ])('with %s is none: nothing is stored, and the entry is sent again', async (_what, change, code) => {
    const { ledger } = openScene();
    await ledger.append([happened('first', 'first')]);
    server.alter(change);
    await expect(ledger.append([happened('second', 'second')])).rejects.toSatisfy((error) =>
      isDossierError(error, code as 'ledger-broken'),
    );
    expect(await ledger.receipt(1)).toBeUndefined();
    server.alter(undefined);
    expect(await ledger.append([happened('second', 'second')])).toMatchObject([{ index: 1, known: true }]);
    expect(verifyReceipt((await ledger.receipt(1))!, trustIn(), digests('second')).holds).toBe(true);
    expect(server.entries).toHaveLength(2);
  });
});

test('a server that is away leaves a backlog that the next append sends first', async () => {
  const { ledger, log } = openScene();
  server.faults.push({ status: 503 }, 'cut', 'lost');
  const [first, second, third] = [...'abc'].map((content) => happened(content, content)) as [
    Occurrence,
    Occurrence,
    Occurrence,
  ];
  await expect(ledger.append([first])).rejects.toSatisfy((error) => isDossierError(error, 'server-error'));
  await expect(ledger.append([second])).rejects.toSatisfy((error) => isDossierError(error));
  await ledger.append([third]);
  expect((await log.head())?.checkpoint.size).toBe(3);
  expect(await Promise.all([0, 1, 2].map(async (index) => (await ledger.receipt(index)) !== undefined))).toEqual([
    true,
    true,
    true,
  ]);
  expect(new Set(server.entries).size).toBe(3);
});

test('what Rekor learns is a hash and a signature: it refuses what is not signed by the key', async () => {
  const { ledger } = openScene();
  await ledger.append([happened('a', 'a')]);
  expect(server.entries[0]).not.toContain(digests('a').sha256);
  const forged = {
    hashedRekordRequestV002: {
      digest: Buffer.alloc(32).toString('base64'),
      signature: {
        content: (
          JSON.parse(server.entries[0] as string) as { spec: { hashedRekordV002: { signature: { content: string } } } }
        ).spec.hashedRekordV002.signature.content,
        verifier: {
          publicKey: { rawBytes: statementKeyIn(server.entries[0] as string).toString('base64') },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    },
  };
  expect(
    (await fetch(`${server.url}/api/v2/log/entries`, { method: 'POST', body: JSON.stringify(forged) })).status,
  ).toBe(400);
});
