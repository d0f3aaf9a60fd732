import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import {
  createKey,
  encodeReceipt,
  encodeTrustedRoot,
  fingerprintOf,
  parseKey,
  parseReceipt,
  parseTimestampAuthority,
  pinTrust,
  receiptOf,
  recordReport,
  type Timestamping,
  utf8,
  verifyInLedger,
  verifyWithReceipt,
  vouchForRecorded,
} from '../../../shared/index.ts';
import {
  auditLedger,
  createMemoryState,
  createReceipt,
  digestsOf,
  type LedgerPorts,
  openLedger,
  parseStatementKey,
  parseTrustedRoot,
  stampedReceiptOf,
  timeStampCheckpoint,
  timeStampReceipt,
} from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../../support/timestampAuthority.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

let authority: TimestampAuthority;
let stranger: TimestampAuthority;
let timestamping: Timestamping;
let requests = 0;

const pem = async ({ leafFile, rootFile }: TimestampAuthority) =>
  `${await readFile(rootFile, 'utf8')}\n${await readFile(leafFile, 'utf8')}`;
const random = (length: number) => seededBytes(length, `time stamping ${requests++}`);

beforeAll(async () => {
  [authority, stranger] = await Promise.all([startTimestampAuthority(), startTimestampAuthority()]);
  timestamping = {
    authority: parseTimestampAuthority(authority.url, await pem(authority)),
    http: createNodeHttp(),
    random,
  };
});
afterAll(() => Promise.all([authority.close(), stranger.close()]));

const file = seededBytes(300, 'attachment');
const report = (id: string) => ({ report: id, manifest: { title: 'Bridge' }, files: [{ digests: digestsOf(file) }] });
const ports = (more: Partial<LedgerPorts> = {}): LedgerPorts => ({
  store: createMemoryState(),
  key: parseKey(createKey((length) => seededBytes(length, 'key'))),
  clock: createVirtualClock({ auto: true, start: Date.now() }),
  random,
  ...more,
});

test('a recorded report is time-stamped where an authority is named, and the level is told', async () => {
  const ledger = await openLedger(ports({ timestamping }));
  const { receipt, unstamped } = await recordReport(ledger, report('r1'));
  expect(unstamped).toBeUndefined();
  const verdict = verifyWithReceipt(parseReceipt(utf8(receipt)), ledger.trust, digestsOf(file));
  expect(verdict).toMatchObject({ answer: 'known', versions: [{ level: 'L1' }] });
  expect(await verifyInLedger(ledger, { digests: digestsOf(file) })).toMatchObject({
    answer: 'known',
    versions: [{ level: 'L1', stampedAt: expect.any(Number) as number }],
  });
  expect((await receiptOf(ledger, 0)).timestamps).toHaveLength(1);
  expect((await recordReport(ledger, report('r1'))).receipt).toBe(receipt);
});

test('who does not believe the authority sees level L0, whatever the receipt brings along', async () => {
  const ledger = await openLedger(ports({ timestamping }));
  const { receipt } = await recordReport(ledger, report('r1'));
  for (const timestampChains of [[], [stranger.chain]]) {
    expect(
      verifyWithReceipt(parseReceipt(utf8(receipt)), { ...ledger.trust, timestampChains }, digestsOf(file)),
    ).toMatchObject({ answer: 'known', versions: [{ level: 'L0' }] });
  }
});

test('an authority that fails, or that is another than was named, does not hold a report up; the stamp can follow', async () => {
  const stores = ports();
  for (const url of ['http://127.0.0.1:9', stranger.url]) {
    const ledger = await openLedger({
      ...stores,
      timestamping: { ...timestamping, authority: { ...timestamping.authority, url } },
    });
    const { receipt, unstamped } = await recordReport(ledger, report('r1'));
    expect(unstamped?.code).toMatch(/offline|integrity-mismatch/);
    expect(parseReceipt(utf8(receipt)).timestamps).toEqual([]);
    await expect(timeStampReceipt(await createReceipt(ledger.log, 0), ledger.timestamping!)).rejects.toMatchObject({
      code: unstamped!.code,
    });
  }
  const ledger = await openLedger({ ...stores, timestamping });
  const stamped = await stampedReceiptOf(ledger, 0);
  expect(await stampedReceiptOf(ledger, 0)).toEqual(stamped);
  expect(await auditLedger(stores)).toEqual([]);
});

test('one stamp of a checkpoint vouches for all before it, and for nothing after', async () => {
  const ledger = await openLedger(ports({ timestamping }));
  expect(await timeStampCheckpoint(ledger)).toBeUndefined();
  const content = (index: number) => digestsOf(seededBytes(20, `content ${index}`));
  const record = (index: number) =>
    ledger.log.append([
      { event: 'Register', asset: `a${index}`, occasion: 'o', observedAt: 0, subjects: [content(index)] },
    ]);
  for (const index of [0, 1, 2]) await record(index);
  const time = await timeStampCheckpoint(ledger);
  await record(3);
  expect(await timeStampCheckpoint({ ...ledger, log: { ...ledger.log, head: async () => undefined } })).toBeUndefined();
  for (const index of [0, 1, 2])
    expect(await verifyInLedger(ledger, { digests: content(index) })).toMatchObject({
      versions: [{ level: 'L1', stampedAt: time }],
    });
  expect(await verifyInLedger(ledger, { digests: content(3) })).toMatchObject({ versions: [{ level: 'L0' }] });
  expect(
    await verifyInLedger(
      { ...ledger, trust: { ...ledger.trust, timestampChains: [stranger.chain] } },
      { digests: content(0) },
    ),
  ).toMatchObject({ versions: [{ level: 'L0' }] });
});

test('what is recorded is vouched for where an authority is named; one that fails says why, and the next call makes up for it', async () => {
  const stores = ports();
  const content = digestsOf(seededBytes(20, 'vouched for'));
  const unnamed = await openLedger(stores);
  await unnamed.log.append([{ event: 'Register', asset: 'a', occasion: 'o', observedAt: 0, subjects: [content] }]);
  expect(await vouchForRecorded(unnamed)).toBeUndefined();
  const silent = await openLedger({
    ...stores,
    timestamping: { ...timestamping, authority: { ...timestamping.authority, url: 'http://127.0.0.1:9' } },
  });
  expect(await vouchForRecorded(silent)).toMatchObject({ code: 'offline' });
  await expect(vouchForRecorded(silent, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  const ledger = await openLedger({ ...stores, timestamping });
  expect(await verifyInLedger(ledger, { digests: content })).toMatchObject({ versions: [{ level: 'L0' }] });
  expect(await vouchForRecorded(ledger)).toBeUndefined();
  expect(await verifyInLedger(ledger, { digests: content })).toMatchObject({ versions: [{ level: 'L1' }] });
});

test('openssl accepts the stamp that a receipt carries', async () => {
  const ledger = await openLedger(ports({ timestamping }));
  await recordReport(ledger, report('r1'));
  const { signature, timestamps } = await receiptOf(ledger, 0);
  await writeFile(join(authority.folder, 'signature'), signature);
  await writeFile(join(authority.folder, 'kept.tsr'), timestamps[0]!);
  const { stdout, stderr } = await promisify(execFile)(
    'openssl',
    [
      'ts',
      '-verify',
      '-data',
      'signature',
      '-in',
      'kept.tsr',
      '-CAfile',
      authority.rootFile,
      '-untrusted',
      authority.leafFile,
    ],
    { cwd: authority.folder },
  );
  expect(stdout + stderr).toContain('Verification: OK');
});

test('an authority is named by address and whole chain', async () => {
  const [leaf, root] = [await readFile(authority.leafFile, 'utf8'), await readFile(authority.rootFile, 'utf8')];
  const other = await readFile(stranger.rootFile, 'utf8');
  expect(parseTimestampAuthority('https://tsa.example/tsr', `${root}${other}${leaf}`).chain).toEqual(authority.chain);
  expect(() => parseTimestampAuthority('ftp://tsa.example', leaf + root)).toThrow(/https/);
  expect(() => parseTimestampAuthority('https://user:secret@tsa.example', leaf + root)).toThrow(/names no user/);
  expect(() => parseTimestampAuthority(authority.url, 'none')).toThrow(/PEM/);
  expect(() => parseTimestampAuthority(authority.url, root)).toThrow(/signs time stamps/);
  expect(() => parseTimestampAuthority(authority.url, leaf)).toThrow(/lead up to a root/);
  expect(() => parseTimestampAuthority(authority.url, leaf + other)).toThrow(/lead up to a root/);
  expect(() =>
    parseTimestampAuthority(authority.url, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
  ).toThrow(/cannot be read/);
});

test('somebody else’s ledger is believed by the fingerprint that was told, and by nothing that came along', async () => {
  const ledger = await openLedger(ports({ timestamping }));
  const { receipt } = await recordReport(ledger, report('r1'));
  const given = { statementKey: ledger.statementKeyPem, trustedRoot: encodeTrustedRoot(ledger.trust, ledger.since) };
  const told = ledger.log.statementFingerprint;
  const pinned = pinTrust({ ...given, fingerprint: told.toUpperCase().replace(/(..)(?=.)/g, '$1:') });
  expect(verifyWithReceipt(parseReceipt(utf8(receipt)), pinned, digestsOf(file))).toMatchObject({
    answer: 'known',
    versions: [{ level: 'L0' }],
  });
  const believing = pinTrust({ ...given, fingerprint: told, timestampChains: [authority.chain] });
  expect(verifyWithReceipt(parseReceipt(utf8(receipt)), believing, digestsOf(file))).toMatchObject({
    answer: 'known',
    versions: [{ level: 'L1' }],
  });

  const foreign = await openLedger(ports({ key: parseKey(createKey((length) => seededBytes(length, 'other key'))) }));
  const forged = await recordReport(foreign, report('r1'));
  expect(verifyWithReceipt(parseReceipt(utf8(forged.receipt)), pinned, digestsOf(file))).toMatchObject({
    answer: 'unknown',
  });
  expect(() => pinTrust({ ...given, statementKey: foreign.statementKeyPem, fingerprint: told })).toThrow(
    /does not have that fingerprint/,
  );
  expect(() => pinTrust({ ...given, fingerprint: told.slice(0, 16) })).toThrow(/64 hexadecimal digits/);
  expect(fingerprintOf(parseStatementKey(ledger.statementKeyPem))).toBe(told);
});

test('a trusted root that is damaged is refused, and says where', async () => {
  const ledger = await openLedger(ports());
  const text = Buffer.from(encodeTrustedRoot(ledger.trust, 0)).toString();
  expect(parseTrustedRoot(utf8(text))).toEqual(ledger.trust.logs);
  const changed = (change: (log: Record<string, Record<string, string>>) => void) => {
    const root = JSON.parse(text) as { tlogs: Record<string, Record<string, string>>[] };
    change(root.tlogs[0]!);
    return utf8(JSON.stringify(root));
  };
  expect(() => parseTrustedRoot(utf8('{}'))).toThrow(/not a trusted root/);
  expect(() => parseTrustedRoot(utf8('no'))).toThrow(/trusted root/);
  expect(() =>
    parseTrustedRoot(changed((log) => void Object.assign(log, { baseUrl: 'https://other.example' }))),
  ).toThrow(/does not fit its key/);
  expect(() => parseTrustedRoot(changed((log) => void (log['publicKey']!['rawBytes'] = 'AAAA')))).toThrow(
    /kind of key/,
  );
  expect(() => parseTrustedRoot(changed((log) => void delete log['logId']))).toThrow(/lacks/);
  expect(() => parseStatementKey(`${ledger.statementKeyPem}${ledger.statementKeyPem}`)).toThrow(/public key/);
});

test('a signed receipt stays readable after its stamps are added', async () => {
  const ledger = await openLedger(ports());
  await recordReport(ledger, report('r1'));
  const stamped = await timeStampReceipt(await createReceipt(ledger.log, 0), timestamping);
  expect(await timeStampReceipt(stamped, timestamping)).toBe(stamped);
  expect(parseReceipt(encodeReceipt(stamped))).toEqual(stamped);
});
