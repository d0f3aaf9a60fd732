import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { IDataObject } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DossierKeyApi } from '../../credentials/DossierKeyApi.credentials.ts';
import { testKey } from '../../nodes/fields/testKey.ts';
import { createKey, encodeTrustedRoot, fromUtf8, parseKey, parseReceipt, recordReport } from '../../shared/index.ts';
import { createMemoryState, digestsOf, openLedger } from '../../shared/testing.ts';
import { ensureDebian } from '../hosts/debian.ts';
import { seededBytes } from '../support/seeded.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../support/timestampAuthority.ts';
import { credentials, dropbox, host, json, path, run } from './dropboxNode.ts';
import { otherClient } from './otherClient.ts';

const photo = seededBytes(200_000, 'stamped photo');

describe('time stamps', () => {
  let authority: TimestampAuthority;
  let certificates: string;

  beforeAll(async () => {
    authority = await startTimestampAuthority();
    certificates = (
      await Promise.all([authority.rootFile, authority.leafFile].map((file) => readFile(file, 'utf8')))
    ).join('\n');
  });
  afterAll(() => authority.close());

  const secretKey = createKey();
  const stamping = (fields: IDataObject) => ({
    ...credentials(),
    dossierKeyApi: { type: new DossierKeyApi(), data: { secretKey, ...fields } },
  });
  const submit = async (title: string, fields: IDataObject) => {
    const items = [{ json: {}, binary: { photo: await host.store(photo, 'gate.jpg', 'image/jpeg') } }];
    return run(
      'report',
      'submit',
      { title, description: title, attachments: '', folder: path('/Reports') },
      { items, credentials: stamping(fields) },
    );
  };
  const verify = async (fields: IDataObject) => {
    const items = [{ json: {}, binary: { data: await host.store(photo, 'x.jpg') } }];
    return json(
      await run('provenance', 'verify', { binaryField: 'data', hash: '' }, { items, credentials: stamping(fields) }),
    )[0];
  };

  it('make receipts level L1 when an authority is named, and cost nothing but the level when it does not answer', {
    timeout: 120_000,
  }, async () => {
    const named = { timestampAuthority: authority.url, timestampChain: certificates };
    expect(json(await submit('Stamped', named))).toMatchObject([{ state: 'submitted' }]);
    expect(parseReceipt(await dropbox.files.read('/Reports/Stamped/dossier.sigstore.json')).timestamps).toHaveLength(1);
    expect(await verify(named)).toMatchObject({
      answer: 'known',
      versions: [{ level: { code: 'L1' }, stampedAt: expect.stringMatching(/^\d{4}-.*Z$/) }],
    });
    // Whoever does not believe the authority knows the same, by the word of the owner.
    expect(await verify({})).toMatchObject({ answer: 'known', versions: [{ level: { code: 'L0' } }] });

    const silent = { ...named, timestampAuthority: 'http://127.0.0.1:1' };
    const { hints, outputs } = await submit('Unstamped', silent);
    expect(outputs[0]).toMatchObject([{ json: { state: 'submitted' } }]);
    expect(hints[0]!.message).toContain('The receipt carries no time stamp');
    expect(parseReceipt(await dropbox.files.read('/Reports/Unstamped/dossier.sigstore.json')).timestamps).toHaveLength(
      0,
    );
    const items = [{ json: {}, binary: { data: await host.store(photo, 'x.jpg') } }];
    const later = await run(
      'provenance',
      'getReceipt',
      { binaryField: 'data', hash: '' },
      { items, credentials: stamping(named) },
    );
    expect(json(later)).toMatchObject([{ index: 1, stamps: 1 }]);
  });

  it('vouch for what is recorded of linked folders, and cost nothing but the level when the authority does not answer', {
    timeout: 120_000,
  }, async () => {
    const named = { timestampAuthority: authority.url, timestampChain: certificates };
    const other = otherClient(dropbox);
    const verified = async (text: string) => {
      const items = [{ json: {}, binary: { data: await host.store(Buffer.from(text), 'x.txt') } }];
      return json(
        await run('provenance', 'verify', { binaryField: 'data', hash: '' }, { items, credentials: stamping(named) }),
      )[0];
    };
    await other.write('/Watched/first.txt', 'seen at dawn');
    await run(
      'provenance',
      'linkFolder',
      { folder: path('/Watched'), hashPolicy: 'provider', privacy: 'private' },
      { credentials: stamping(named) },
    );
    expect(await verified('seen at dawn')).toMatchObject({ answer: 'known', versions: [{ level: { code: 'L1' } }] });

    await other.write('/Watched/second.txt', 'seen at noon');
    const { hints, outputs } = await run(
      'provenance',
      'recordChanges',
      { link: '' },
      { credentials: stamping({ ...named, timestampAuthority: 'http://127.0.0.1:1' }) },
    );
    expect(outputs[0]).toHaveLength(1);
    expect(hints[0]!.message).toContain('They carry no time stamp');
    expect(await verified('seen at noon')).toMatchObject({ answer: 'known', versions: [{ level: { code: 'L0' } }] });
    await other.write('/Watched/third.txt', 'seen at dusk');
    await run('provenance', 'recordChanges', { link: '' }, { credentials: stamping(named) });
    // One stamp vouches for all before it.
    for (const text of ['seen at noon', 'seen at dusk'])
      expect(await verified(text), text).toMatchObject({ versions: [{ level: { code: 'L1' } }] });
  });

  it('are tried with the credential: half an authority is told before a report needs it', async () => {
    const test = (data: IDataObject) => testKey.call({} as never, { id: '', name: '', type: '', data } as never);
    expect(await test({ secretKey, timestampAuthority: authority.url, timestampChain: certificates })).toMatchObject({
      status: 'OK',
    });
    expect(await test({ secretKey, timestampAuthority: authority.url })).toMatchObject({
      status: 'Error',
      message: expect.stringContaining('certificates'),
    });
    expect(
      await test({
        secretKey,
        timestampAuthority: authority.url,
        timestampChain: certificates.split('\n-----BEGIN')[1] ?? 'x',
      }),
    ).toMatchObject({ status: 'Error' });
  });
});

describe('Provenance: Verify Receipt', () => {
  it('believes the receipt of somebody whose key was compared, about this file and no other', async () => {
    const [anna, eve] = await Promise.all([somebody(), somebody()]);
    const receipt = await anna.receipt(photo);
    const ask = async (file: Uint8Array, given: Uint8Array, parameters: object = {}) => {
      const items = [
        {
          json: {},
          binary: {
            data: await host.store(file, 'evidence.jpg'),
            receipt: await host.store(given, 'dossier.sigstore.json'),
          },
        },
      ];
      const fields = {
        binaryField: 'data',
        hash: '',
        receiptField: 'receipt',
        fingerprint: anna.fingerprint,
        statementKey: anna.statementKey,
        trustedRoot: anna.trustedRoot,
        timestampCertificates: '',
        ...parameters,
      };
      return json(await run('provenance', 'verifyReceipt', fields, { items, credentials: {} }))[0];
    };
    expect(await ask(photo, receipt)).toMatchObject({
      answer: 'known',
      versions: [{ index: 0, holds: true, level: { code: 'L0' } }],
    });
    expect(await ask(photo.subarray(1), receipt)).toMatchObject({
      answer: 'unknown',
      reasons: ['The file is not the one that the statement is about.'],
    });
    expect(await ask(photo, await eve.receipt(photo))).toMatchObject({
      answer: 'unknown',
      reasons: expect.arrayContaining([expect.stringContaining('not said you trust')]),
    });
    const refused = (code: string) => ({ message: expect.stringContaining(`(${code})`) });
    await expect(ask(photo, receipt, { fingerprint: eve.fingerprint })).rejects.toMatchObject({
      message: expect.stringMatching(/does not have that fingerprint.*\(invalid-input\)/s),
    });
    await expect(ask(photo, receipt, { fingerprint: anna.fingerprint.slice(1) })).rejects.toMatchObject(
      refused('invalid-input'),
    );
    await expect(ask(photo, new TextEncoder().encode('{}'))).rejects.toMatchObject(refused('ledger-broken'));
  });
});

describe('Provenance: Export History', () => {
  it('makes an archive that unzip opens, with what was chosen to be shown and no other name', {
    timeout: 120_000,
  }, async () => {
    await ensureDebian(['unzip']);
    const items = [{ json: {}, binary: { data: await host.store(photo, 'gate.jpg', 'image/jpeg') } }];
    await run(
      'report',
      'submit',
      { title: 'Gate', description: 'x', attachments: '', folder: path('/Reports') },
      { items },
    );
    const folder = await mkdtemp(join(tmpdir(), 'dossier-history-'));
    const contentOf = async (name: string, parameters: object) => {
      const { outputs } = await run(
        'provenance',
        'exportHistory',
        { binaryField: 'data', hash: '', asset: '', disclose: [], ...parameters },
        { items },
      );
      await writeFile(join(folder, name), await host.read(outputs[0]![0]!.binary!['history']!));
      const listed = await promisify(execFile)('unzip', ['-Z1', join(folder, name)]);
      return {
        asset: String(outputs[0]![0]!.json['asset']),
        files: listed.stdout.trim().split('\n'),
        page: (await promisify(execFile)('unzip', ['-p', join(folder, name), 'index.html'])).stdout,
      };
    };
    try {
      const silent = await contentOf('silent.zip', {});
      expect(silent.files).toEqual([
        'trusted_root.json',
        'statement-key.pem',
        'statements/001-Submit.sigstore.json',
        'proofs/001-Submit.tlog-proof',
        'index.html',
      ]);
      expect(silent.page).not.toMatch(/Gate|gate\.jpg/);
      const shown = await contentOf('shown.zip', { asset: silent.asset, disclose: ['title'] });
      expect(shown.files).toContain('disclosures.json');
      expect(shown.page).toContain('Gate');
      await expect(contentOf('none.zip', { asset: '0a1b2c3d-4e5f-8a6b-9c7d-0e1f2a3b4c5d' })).rejects.toMatchObject({
        message: expect.stringContaining('(not-found)'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Somebody with a key and a ledger of their own, somewhere else. */
async function somebody() {
  const clock = { now: () => Date.UTC(2026, 0, 1), sleep: async () => undefined };
  const random = (length: number) => seededBytes(length, 'somebody');
  const ledger = await openLedger({ store: createMemoryState(), key: parseKey(createKey()), clock, random });
  return {
    fingerprint: ledger.log.statementFingerprint,
    statementKey: ledger.statementKeyPem,
    trustedRoot: fromUtf8(encodeTrustedRoot(ledger.trust, ledger.since)),
    receipt: async (file: Uint8Array) =>
      new TextEncoder().encode(
        (
          await recordReport(ledger, {
            report: 'r',
            manifest: { title: 'Evidence' },
            files: [{ digests: digestsOf(file) }],
          })
        ).receipt,
      ),
  };
}
