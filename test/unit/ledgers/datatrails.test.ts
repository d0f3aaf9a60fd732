import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { type DossierError, isDossierError } from '../../../shared/core/errors.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { createDatatrailsLedger } from '../../../shared/ledger/backends/datatrails/index.ts';
import type { Occurrence } from '../../../shared/ledger/log/log.ts';
import type { FileEvent, LedgerEvent, SubjectDigests } from '../../../shared/ledger/statement/statement.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { type DatatrailsEmulator, startDatatrailsEmulator } from '../../emulators/datatrails/index.ts';
import { seeded, seededInteger } from '../../support/seeded.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtualClock.ts';

const digests = (content: string) => digestsOf(new TextEncoder().encode(content));
const asset = '11111111-1111-8111-8111-111111111111';
const happened = (event: LedgerEvent, content: string, more: Partial<Occurrence> = {}): Occurrence => ({
  event,
  asset,
  occasion: `${event} ${content}`,
  observedAt: Date.UTC(2026, 0, 1),
  subjects: [digests(content)],
  ...more,
});
const code = (expected: string, status?: number) => (error: unknown) =>
  isDossierError(error) && error.code === expected && (status === undefined || error.status === status);

let server: DatatrailsEmulator;
let clock: VirtualClock;
beforeEach(async () => {
  server = await startDatatrailsEmulator({ looks: 1 });
  clock = createVirtualClock({ auto: true });
});
afterEach(() => server.close());

const store = createMemoryState();
const open = (
  isPublic: (event: Pick<FileEvent, 'event' | 'link'>) => boolean = () => true,
  access: Partial<DatatrailsEmulator> = {},
) =>
  createDatatrailsLedger({
    http: createNodeHttp(),
    clock,
    store,
    ledger: 'datatrails',
    access: { ...server, ...access },
    isPublic,
  });

describe('an asset at DataTrails', () => {
  test('is a public document whose hash, version and status follow its events', async () => {
    const ledger = open();
    const now = () => server.assets[0]?.attributes;
    await ledger.append([happened('Register', 'a')]);
    expect(server.assets[0]).toMatchObject({ public: true, behaviours: ['RecordEvidence'] });
    expect(now()).toMatchObject({
      arc_profile: 'Document',
      arc_display_name: asset,
      document_hash_value: digests('a').sha256,
      document_hash_alg: 'sha256',
      document_version: '1',
      document_status: 'Published',
    });
    await ledger.append([happened('Publish', 'b'), happened('Rename', 'b'), happened('Delete', 'b')]);
    expect(now()).toMatchObject({
      document_hash_value: digests('b').sha256,
      document_version: '2',
      document_status: 'Withdrawn',
    });
    await ledger.append([happened('Restore', 'b')]);
    expect(now()).toMatchObject({ document_version: '2', document_status: 'Published' });
    expect(
      server.events.map(({ operation, event_attributes: { arc_display_type: shown } }) => shown ?? operation),
    ).toEqual(['NewAsset', 'Publish', 'Rename', 'Withdraw', 'Publish']);
    expect(server.assets).toHaveLength(1);
  });

  test('without the hash that DataTrails knows has none, until the content was read', async () => {
    const ledger = open();
    const listed: SubjectDigests = { dropboxContentHash: digests('a').dropboxContentHash };
    await ledger.append([happened('Register', 'a', { subjects: [listed] })]);
    expect(server.assets[0]?.attributes).not.toHaveProperty('document_hash_value');
    expect(await ledger.find(listed)).toMatchObject([{ asset, version: 1 }]);
    await ledger.append([happened('Attest', 'a')]);
    expect(server.assets[0]?.attributes).toMatchObject({
      document_hash_value: digests('a').sha256,
      document_version: '1',
    });
    expect(await ledger.newest(asset)).toMatchObject({ event: 'Attest', version: 1, subjects: [digests('a')] });
  });

  test('is looked up by anyone by the hash alone, and one that is not public by nobody', async () => {
    const ledger = open(({ link }) => link !== 'private link');
    await ledger.append([
      happened('Register', 'a'),
      happened('Publish', 'b'),
      happened('Register', 'c', { asset: '22222222-2222-8222-8222-222222222222', details: { link: 'private link' } }),
    ]);
    const stranger = open(undefined, { clientId: 'nobody', clientSecret: 'nothing' });
    expect(await stranger.lookUp(digests('b').sha256)).toMatchObject([
      { asset: server.assets[0]?.identity.replace('assets/', 'publicassets/'), version: '2', status: 'Published' },
    ]);
    expect(await stranger.lookUp(digests('c').sha256)).toEqual([]);
    expect(await ledger.find(digests('c'))).toHaveLength(1);
  });

  test('of a report of several files is refused before anything is sent', async () => {
    await expect(
      open().append([happened('Submit', 'a', { subjects: [digests('a'), digests('b')] })]),
    ).rejects.toSatisfy(code('unsupported'));
    expect(server.events).toEqual([]);
  });
});

describe('what DataTrails refuses', () => {
  test('a wrong secret, an integration without a policy, a used-up quota: each says what a person has to do', async () => {
    await expect(open(undefined, { clientSecret: 'wrong' }).append([happened('Register', 'a')])).rejects.toSatisfy(
      code('unauthorized', 401),
    );
    server.permit(false);
    await expect(open().append([happened('Register', 'a')])).rejects.toSatisfy(code('forbidden', 403));
    server.permit(true);
    server.fault('write', { status: 402 });
    await expect(open().append([happened('Register', 'a')])).rejects.toSatisfy(
      (error: unknown) => code('quota-exceeded', 402)(error) && (error as DossierError).retry === 'afterUser',
    );
    expect(server.events).toEqual([]);
    expect(await open().append([happened('Register', 'a')])).toMatchObject([{ version: 1, known: false }]);
  });

  test('a token that ran out is renewed once, by whoever comes first', async () => {
    const ledger = open();
    await ledger.append([happened('Register', 'a')]);
    const tokens = () => server.requests.filter(({ path }) => path.endsWith('/token')).length;
    expect(tokens()).toBe(1);
    server.expireTokens();
    await Promise.all([ledger.newest(asset), ledger.history(asset), ledger.find(digests('a'))]);
    expect(tokens()).toBe(2);
    await clock.advance(3_660_000);
    await ledger.newest(asset);
    expect(tokens()).toBe(3);
  });

  test('neither the secret nor a token is in an address or a message', async () => {
    server.fault('write', { status: 500 });
    const error = await open()
      .append([happened('Register', 'a')])
      .catch((thrown: unknown) => thrown);
    expect(JSON.stringify([error, String(error), server.requests.map(({ path }) => path)])).not.toContain(
      server.clientSecret,
    );
  });
});

test('whatever fails wherever, each event is there once and in order', async () => {
  const random = seeded('datatrails faults');
  const faults = [
    'cut',
    'lost',
    { status: 500 },
    { status: 429, headers: { 'Archivist-Rate-Limit-Reset': '1' } },
  ] as const;
  const occurrences = [...'abcdefghij'].map((content, at) => happened(at === 0 ? 'Register' : 'Publish', content));
  let failures = 0;
  for (let at = 0; at < occurrences.length; ) {
    if (seededInteger(random, 8) > 0)
      server.fault(
        (['token', 'read', 'write'] as const)[seededInteger(random, 3)]!,
        faults[seededInteger(random, faults.length)]!,
      );
    const part = occurrences.slice(Math.max(0, at - 1), at + 2);
    await open()
      .append(part)
      .then(
        () => (at += 2),
        (error: unknown) => {
          if (!isDossierError(error)) throw error;
          failures++;
        },
      );
  }
  expect(failures).toBeGreaterThan(3);
  expect((await open().history(asset)).map(({ version, subjects }) => [version, subjects[0]])).toEqual(
    [...'abcdefghij'].map((content, at) => [at + 1, digests(content)]),
  );
  expect(server.assets).toHaveLength(1);
});
