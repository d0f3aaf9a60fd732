/**
 * `npm run test:interop -- [--json]`: other people's verifiers judge our receipts, genuine ones and tampered ones,
 * without a network.
 */

import { execFile } from 'node:child_process';
import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { digestsOf } from '../../shared/core/hashing.ts';
import { encodeTrustedRoot, type Trust } from '../../shared/ledger/identity/trust.ts';
import { createLog } from '../../shared/ledger/log/log.ts';
import { type Ledger, openLedger } from '../../shared/ledger/openLedger.ts';
import { createReceipt, encodeReceipt, parseReceipt, type Receipt } from '../../shared/ledger/receipt/receipt.ts';
import { verifyReceipt } from '../../shared/ledger/receipt/verifyReceipt.ts';
import { rotateKeys } from '../../shared/ledger/rotateKeys.ts';
import { logKeyFromSeed, statementKeyFromSeed, statementKeyPem } from '../../shared/ledger/signing/signingKeys.ts';
import { predicateType } from '../../shared/ledger/statement/statement.ts';
import { requestTimestamp, trustedTime } from '../../shared/ledger/timestamp/timestamp.ts';
import { receiptOf, stampedReceiptOf } from '../../shared/ledger/timestampStore.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import { createKey, parseKey } from '../../shared/vault/key.ts';
import { ensureCosign } from '../hosts/cosign.ts';
import { startTimestampAuthority } from '../support/timestampAuthority.ts';

/** With and without a time stamp, and from before, during and after a change of keys. */
export const genuineReceipts = 8;

export interface InteropResult {
  /** Genuine receipts that each of cosign, @sigstore/verify and Dossier accepted. */
  readonly accepted: number;
  /** Tampered receipts that were shown to all three. */
  readonly tampered: number;
  /** Of these, acceptances by anyone; should be 0. */
  readonly tampered_accepted: number;
  readonly details: readonly string[];
}

interface Exhibit {
  readonly file: Uint8Array;
  readonly bundle: Json;
  readonly trustedRoot: Json;
  readonly keyPem: string;
  readonly trust: Trust;
  readonly stamped: boolean;
}

// Free-form documents that are tampered with by path.
type Json = { [key: string]: Json } & Json[] & string;

const random = (length: number) => new Uint8Array(randomBytes(length));
const flipped = (base64: string, at = 5): string => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[at % bytes.length]! ^= 1;
  return bytes.toString('base64');
};
const entry = (bundle: Json) => bundle['verificationMaterial']!['tlogEntries']![0]!;

type Tampering = readonly [name: string, change: (exhibit: Exhibit, other: Exhibit) => Partial<Exhibit> | void];

/**
 * Each works on a copy; those about the time stamp are shown only where there is one. Left out is what others rightly
 * never read: they take size and root from the checkpoint alone (Dossier compares the copies in the bundle too, see
 * receipt.test.ts).
 */
const tamperings: readonly Tampering[] = [
  [
    'a byte of the statement',
    ({ bundle }) =>
      void (bundle['dsseEnvelope']!['payload'] = flipped(bundle['dsseEnvelope']!['payload']!, 200) as Json),
  ],
  [
    'a byte of the signature',
    ({ bundle }) =>
      void (bundle['dsseEnvelope']!['signatures']![0]!['sig'] = flipped(
        bundle['dsseEnvelope']!['signatures']![0]!['sig']!,
        20,
      ) as Json),
  ],
  ['the payload type', ({ bundle }) => void (bundle['dsseEnvelope']!['payloadType'] = 'application/json' as Json)],
  [
    'the statement of another receipt',
    ({ bundle }, other) => void (bundle['dsseEnvelope'] = other.bundle['dsseEnvelope']!),
  ],
  [
    'the ledger entry of another receipt',
    ({ bundle }, other) =>
      void (bundle['verificationMaterial']!['tlogEntries'] = other.bundle['verificationMaterial']!['tlogEntries']!),
  ],
  [
    'the position',
    ({ bundle }) =>
      void ((entry(bundle)['inclusionProof']!['logIndex'] = '2' as Json), (entry(bundle)['logIndex'] = '2' as Json)),
  ],
  [
    'a hash of the proof',
    ({ bundle }) =>
      void (entry(bundle)['inclusionProof']!['hashes']![0] = flipped(
        entry(bundle)['inclusionProof']!['hashes']![0]!,
      ) as Json),
  ],
  ['a missing hash of the proof', ({ bundle }) => void entry(bundle)['inclusionProof']!['hashes']!.pop()],
  [
    'an additional hash of the proof',
    ({ bundle }) =>
      void entry(bundle)['inclusionProof']!['hashes']!.push(entry(bundle)['inclusionProof']!['hashes']![0]!),
  ],
  ['the checkpoint’s size', ({ bundle }) => void changeCheckpoint(bundle, (note) => note.replace('\n11\n', '\n12\n'))],
  [
    'the checkpoint’s signature',
    ({ bundle }) =>
      void changeCheckpoint(bundle, (note) =>
        note.replace(/(— \S+ )(\S+)\n$/, (_all, head: string, sig: string) => `${head}${flipped(sig, 30)}\n`),
      ),
  ],
  ['no checkpoint', ({ bundle }) => void changeCheckpoint(bundle, () => '')],
  ['no ledger entry', ({ bundle }) => void (bundle['verificationMaterial']!['tlogEntries'] = [] as unknown as Json)],
  [
    'a ledger that is not trusted',
    (_exhibit, other) => ({ trustedRoot: other.trustedRoot, trust: { ..._exhibit.trust, logs: other.trust.logs } }),
  ],
  [
    'a statement key that is not trusted',
    (exhibit, other) => ({
      keyPem: other.keyPem,
      trust: { ...exhibit.trust, statementKeys: other.trust.statementKeys },
    }),
  ],
  [
    'a byte of the time stamp’s signature',
    ({ bundle }) => stampOf(bundle, (stamp) => flipped(stamp, Buffer.from(stamp, 'base64').length - 5)),
  ],
  [
    'the time stamp of another receipt',
    ({ bundle }, other) => stampOf(bundle, () => stamps(other.bundle)[0]!['signedTimestamp']!),
  ],
];

function changeCheckpoint(bundle: Json, change: (note: string) => string): void {
  const checkpoint = entry(bundle)['inclusionProof']!['checkpoint']!;
  checkpoint['envelope'] = change(checkpoint['envelope']!) as Json;
}

function stamps(bundle: Json): Json {
  return bundle['verificationMaterial']!['timestampVerificationData']!['rfc3161Timestamps']!;
}

function stampOf(bundle: Json, change: (stamp: string) => string): void {
  stamps(bundle)[0]!['signedTimestamp'] = change(stamps(bundle)[0]!['signedTimestamp']!) as Json;
}

async function makeExhibit(authority: { url: string; chain: readonly Uint8Array[] } | undefined): Promise<Exhibit> {
  const statementKey = statementKeyFromSeed(random(32));
  const log = createLog({
    store: createMemoryState(),
    ledger: 'main',
    origin: `${randomBytes(8).toString('hex')}.dossier.example`,
    logKey: logKeyFromSeed(random(32)),
    statementKey,
    clock: nodeClock,
    random,
  });
  const file = random(5000);
  await log.append(
    Array.from({ length: 11 }, (_, index) => ({
      event: 'Register' as const,
      asset: `asset-${index}`,
      occasion: 'first',
      observedAt: Date.now(),
      subjects: [digestsOf(index === 4 ? file : random(10))],
      masked: { name: 'masked.jpg' },
    })),
  );
  const plain = await createReceipt(log, 4);
  const timestamps = authority
    ? [await requestTimestamp(createNodeHttp(), authority.url, plain.signature, random)]
    : [];
  const trust: Trust = {
    logs: [log.identity],
    statementKeys: [statementKey.publicKey],
    timestampChains: authority ? [authority.chain] : [],
  };
  return {
    file,
    bundle: JSON.parse(Buffer.from(encodeReceipt({ ...plain, timestamps })).toString()) as Json,
    trustedRoot: JSON.parse(Buffer.from(encodeTrustedRoot(trust, Date.now() - 3_600_000)).toString()) as Json,
    keyPem: statementKey.pem,
    trust,
    stamped: authority !== undefined,
  };
}

/**
 * Receipts of a ledger that has changed its keys, all under the trusted root that names both: from before, made anew
 * since, of the change itself, and from after.
 */
async function rotatedExhibits(authority: {
  url: string;
  chain: readonly Uint8Array[];
}): Promise<readonly (readonly [name: string, exhibit: Exhibit])[]> {
  const [former, next] = [parseKey(createKey()), parseKey(createKey())];
  const ports = {
    store: createMemoryState(),
    clock: nodeClock,
    random,
    timestamping: { authority, http: createNodeHttp(), random },
  };
  const before = await openLedger({ ...ports, key: former });
  const files = [random(5000), random(5000)] as const;
  const record = async ({ log }: Ledger, file: Uint8Array) =>
    log.append([
      {
        event: 'Register',
        asset: `asset-${random(4).join('-')}`,
        occasion: 'first',
        observedAt: Date.now(),
        subjects: [digestsOf(file)],
      },
    ]);
  await record(before, files[0]);
  const old = await createReceipt(before.log, 0);
  const stampedBefore = await stampedReceiptOf(before, 0);
  const after = await rotateKeys({ ...ports, key: former }, next);
  await record(after, files[1]);
  const change = await createReceipt(after.log, 1);
  const exhibit = (file: Uint8Array, receipt: Receipt, keyPem: string): Exhibit => ({
    file,
    bundle: JSON.parse(Buffer.from(encodeReceipt(receipt)).toString()) as Json,
    trustedRoot: JSON.parse(Buffer.from(encodeTrustedRoot(after.trust, after.since)).toString()) as Json,
    keyPem,
    trust: after.trust,
    stamped: receipt.timestamps.length > 0,
  });
  return [
    ['from before the keys were changed', exhibit(files[0], old, before.statementKeyPem)],
    ['from before, stamped', exhibit(files[0], stampedBefore, before.statementKeyPem)],
    ['from before, stamped, made anew', exhibit(files[0], await receiptOf(after, 0), before.statementKeyPem)],
    ['of the change of keys', exhibit(after.trust.statementKeys[1]!, change, before.statementKeyPem)],
    ['from after the keys were changed', exhibit(files[1], await createReceipt(after.log, 2), after.statementKeyPem)],
    ['from after, stamped', exhibit(files[1], await stampedReceiptOf(after, 2), after.statementKeyPem)],
  ];
}

type Verifies = (exhibit: Exhibit) => Promise<boolean>;

const judgedByDossier: Verifies = async ({ file, bundle, trust, stamped }) => {
  try {
    const receipt = parseReceipt(Buffer.from(JSON.stringify(bundle)));
    const timed =
      !stamped ||
      receipt.timestamps.some((stamp) => trustedTime(stamp, receipt.signature, trust.timestampChains) !== undefined);
    return timed && verifyReceipt(receipt, trust, digestsOf(file)).holds;
  } catch {
    return false;
  }
};

const judgedBySigstoreJs: Verifies = async ({ bundle, trustedRoot, keyPem, stamped }) => {
  try {
    const key = { publicKey: createPublicKey(keyPem), validFor: () => true };
    const material = toTrustMaterial(TrustedRoot.fromJSON(trustedRoot), () => key);
    const verifier = new Verifier(material, {
      tlogThreshold: 1,
      ctlogThreshold: 0,
      timestampThreshold: stamped ? 1 : 0,
    });
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
    return true;
  } catch {
    return false;
  }
};

function judgedByCosign(cosign: string, folder: string): Verifies {
  return async ({ file, bundle, trustedRoot, keyPem, stamped }) => {
    await Promise.all([
      writeFile(join(folder, 'file'), file),
      writeFile(join(folder, 'bundle.json'), JSON.stringify(bundle)),
      writeFile(join(folder, 'root.json'), JSON.stringify(trustedRoot)),
      writeFile(join(folder, 'key.pem'), keyPem),
    ]);
    const args = [
      'verify-blob-attestation',
      '--key',
      'key.pem',
      '--bundle',
      'bundle.json',
      '--trusted-root',
      'root.json',
      '--type',
      predicateType,
      ...(stamped ? ['--use-signed-timestamps'] : []),
      'file',
    ];
    return new Promise((resolve) => {
      // No proxy and no network: an address that nobody answers at, should it try.
      execFile(
        cosign,
        args,
        { cwd: folder, env: { HOME: folder, HTTPS_PROXY: 'http://127.0.0.1:9' }, timeout: 60_000 },
        (error) => resolve(error === null),
      );
    });
  };
}

export async function runInterop(): Promise<InteropResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-interop-'));
  const authority = await startTimestampAuthority();
  try {
    const verifiers: Record<string, Verifies> = {
      dossier: judgedByDossier,
      'sigstore-js': judgedBySigstoreJs,
      cosign: judgedByCosign(await ensureCosign(), folder),
    };
    const details: string[] = [];
    let [accepted, tampered, tamperedAccepted] = [0, 0, 0];
    for (const stamped of [false, true]) {
      const [exhibit, other] = [
        await makeExhibit(stamped ? authority : undefined),
        await makeExhibit(stamped ? authority : undefined),
      ];
      const verdicts = await judge(verifiers, exhibit);
      if (Object.values(verdicts).every(Boolean)) accepted++;
      else details.push(`genuine receipt ${stamped ? 'with' : 'without'} time stamp: ${JSON.stringify(verdicts)}`);
      for (const [name, change] of tamperings) {
        if (name.includes('time stamp') && !stamped) continue;
        const copy = structuredClone(exhibit);
        const changed = { ...copy, ...change(copy, other) };
        tampered++;
        const taken = Object.entries(await judge(verifiers, changed))
          .filter(([, holds]) => holds)
          .map(([verifier]) => verifier);
        tamperedAccepted += taken.length;
        if (taken.length > 0)
          details.push(`${name} (${stamped ? 'with' : 'without'} time stamp) was accepted by ${taken.join(', ')}`);
      }
    }
    const rotated = await rotatedExhibits(authority);
    for (const [name, exhibit] of rotated) {
      const verdicts = await judge(verifiers, exhibit);
      if (Object.values(verdicts).every(Boolean)) accepted++;
      else details.push(`genuine receipt ${name}: ${JSON.stringify(verdicts)}`);
      // The other key of the same ledger is not the one that has signed.
      const keyPem = rotated.find(([, other]) => other.keyPem !== exhibit.keyPem)![1].keyPem;
      const statementKeys = exhibit.trust.statementKeys.filter((key) => statementKeyPem(key) === keyPem);
      tampered++;
      const taken = Object.entries(
        await judge(verifiers, { ...exhibit, keyPem, trust: { ...exhibit.trust, statementKeys } }),
      )
        .filter(([, holds]) => holds)
        .map(([verifier]) => verifier);
      tamperedAccepted += taken.length;
      if (taken.length > 0) details.push(`the other key of a receipt ${name} was accepted by ${taken.join(', ')}`);
    }
    return { accepted, tampered, tampered_accepted: tamperedAccepted, details };
  } finally {
    await authority.close();
    await rm(folder, { recursive: true });
  }
}

async function judge(verifiers: Record<string, Verifies>, exhibit: Exhibit): Promise<Record<string, boolean>> {
  const verdicts: Record<string, boolean> = {};
  for (const [name, verify] of Object.entries(verifiers)) verdicts[name] = await verify(exhibit);
  return verdicts;
}

if (import.meta.main) {
  const result = await runInterop();
  const { details, ...figures } = result;
  if (!process.argv.includes('--json')) for (const line of details) console.log(line);
  else for (const line of details) console.error(line);
  console.log(JSON.stringify(figures));
  process.exitCode = figures.tampered_accepted === 0 && figures.accepted === genuineReceipts ? 0 : 1;
}
