import type { IDataObject } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../support/seeded.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';
import { otherClient } from './otherClient.ts';

const photo = seededBytes(5000, 'custody photo');
const court = 'Canary District Court';

async function submitted(): Promise<IDataObject> {
  const items = [{ json: {}, binary: { photo: await host.store(photo, 'gate.jpg', 'image/jpeg') } }];
  const parameters = { title: 'Gate', description: 'x', attachments: '', folder: path('/Reports') };
  return json(await run('report', 'submit', parameters, { items }))[0]!;
}

const carrying = async (bytes: Uint8Array) => [{ json: {}, binary: { data: await host.store(bytes, 'x.jpg') } }];
const handOver = { event: 'HandOver', holder: court, reason: 'Request 17', happenedAt: '2026-05-01T10:00:00Z' };
const record = async (parameters: object, options = {}) =>
  json(await run('provenance', 'recordCustody', { ...handOver, ...parameters }, options))[0]!;

async function verify(bytes: Uint8Array): Promise<IDataObject> {
  const parameters = { subject: 'binary', binaryField: 'data', simplify: false };
  return json(await run('provenance', 'verify', parameters, { items: await carrying(bytes) }))[0]!;
}

describe('Provenance: Record Custody Event', () => {
  it('records of a report, of a file by its content and of an asset, and tells the whole chain to whoever has the key', {
    timeout: 120_000,
  }, async () => {
    const { report: id } = await submitted();
    const received = await record({ subject: 'report', report: String(id), event: 'Receive', holder: 'A. Witness' });
    expect(received).toMatchObject({ event: 'Receive', version: 1, index: 1 });
    const items = await carrying(photo);
    await record({ subject: 'binary', binaryField: 'data' }, { items });
    const reviewed = await record({ subject: 'asset', asset: String(received['asset']), event: 'Review' });
    expect(reviewed['custody']).toMatchObject([
      { event: 'Receive', holder: 'A. Witness' },
      { event: 'HandOver', holder: court, reason: 'Request 17', happenedAt: '2026-05-01T10:00:00.000Z' },
      { event: 'Review', index: 3 },
    ]);
    expect(await verify(photo)).toMatchObject({ answer: 'known', versions: [{ index: 0, version: 1, holds: true }] });
    for (const [name, bytes] of await everythingAtDropbox()) expect(bytes, name).not.toContain('Canary');
  });

  it('is recorded once when n8n tries again, and says of whom it has no answer', { timeout: 120_000 }, async () => {
    const { report: id } = await submitted();
    const again = { executionId: '77' };
    const first = await record({ subject: 'report', report: String(id) }, again);
    expect(await record({ subject: 'report', report: String(id) }, again)).toMatchObject({ index: first['index'] });
    const refused = (parameters: object) => expect(record(parameters)).rejects;
    await refused({ subject: 'report', report: 'nothing' }).toMatchObject({
      message: expect.stringContaining('(not-found)'),
    });
    await refused({ subject: 'hash', hash: 'ab'.repeat(32) }).toMatchObject({
      message: expect.stringContaining('(not-found)'),
    });
    await refused({ subject: 'report', report: String(id), holder: ' ' }).toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
    await refused({ subject: 'report', report: String(id), happenedAt: 'yesterday' }).toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
  });

  it('lets consent that was withdrawn be seen wherever the file is verified', { timeout: 120_000 }, async () => {
    const { report: id } = await submitted();
    await record({ subject: 'report', report: String(id), event: 'GiveConsent' });
    expect(await verify(photo)).not.toHaveProperty('consentWithdrawnAt');
    const { recordedAt } = await record({ subject: 'report', report: String(id), event: 'WithdrawConsent' });
    expect(await verify(photo)).toMatchObject({
      known: true,
      current: true,
      consentWithdrawnAt: recordedAt,
      summary: expect.stringContaining('consent to its use was withdrawn'),
    });
  });

  it('registers a working copy that was recorded nowhere, and names its original', { timeout: 120_000 }, async () => {
    const { report: id } = await submitted();
    const original = await record({ subject: 'report', report: String(id) });
    const copy = seededBytes(70, 'smaller');
    const items = await carrying(copy);
    const working = { event: 'WorkingCopy', original: String(original['asset']) };
    await record({ subject: 'binary', binaryField: 'data', ...working }, { items });
    expect(await verify(copy)).toMatchObject({
      answer: 'known',
      versions: [{ history: [{ event: 'Register' }, { event: 'WorkingCopy' }] }],
    });
  });

  it('of a linked file is in its history and is no change of it', { timeout: 120_000 }, async () => {
    await otherClient(dropbox).write('/Photos/one.txt', 'one');
    await run('provenance', 'linkFolder', { folder: path('/Photos'), hashPolicy: 'download', privacy: 'private' });
    const { asset } = await record({ subject: 'path', path: path('/Photos/one.txt') });
    const [found] = json(await run('provenance', 'getAsset', { asset: String(asset) }));
    expect(found).toMatchObject({
      path: '/Photos/one.txt',
      version: 1,
      deleted: false,
      history: [{ event: 'Register' }, { event: 'HandOver', holder: court, reason: 'Request 17' }],
    });
    const changes = await run('provenance', 'recordChanges', { link: path('/Photos'), options: { sweep: true } });
    expect(json(changes)).toEqual([]);
  });

  it('is never recorded of a content for another version', { timeout: 120_000 }, async () => {
    await otherClient(dropbox).write('/Photos/one.txt', 'one');
    await run('provenance', 'linkFolder', { folder: path('/Photos'), hashPolicy: 'download', privacy: 'private' });
    await otherClient(dropbox).write('/Photos/one.txt', 'two');
    await run('provenance', 'recordChanges', { link: path('/Photos'), options: { sweep: true } });
    const old = await carrying(Buffer.from('one'));
    await expect(record({ subject: 'binary', binaryField: 'data' }, { items: old })).rejects.toThrow(
      /not the newest version/,
    );
    const now = await carrying(Buffer.from('two'));
    expect(await record({ subject: 'binary', binaryField: 'data' }, { items: now })).toMatchObject({ version: 2 });
  });

  it('registers a file that lies there and was recorded nowhere', { timeout: 120_000 }, async () => {
    await otherClient(dropbox).write('/Elsewhere/gate.txt', 'nobody recorded this');
    await record({ subject: 'path', path: path('/Elsewhere/gate.txt') });
    expect(await verify(Buffer.from('nobody recorded this'))).toMatchObject({ answer: 'known' });
  });

  it('takes a time without an offset for one of the time zone of the workflow', { timeout: 120_000 }, async () => {
    const { report: id } = await submitted();
    const times = { '2026-05-01T10:00:00': '2026-05-01T14:00:00.000Z', '2026-01-15 10:30': '2026-01-15T15:30:00.000Z' };
    for (const [happenedAt, utc] of Object.entries(times)) {
      const { custody } = await record({ subject: 'report', report: String(id), happenedAt });
      expect((custody as IDataObject[]).at(-1)).toMatchObject({ happenedAt: utc });
    }
  });

  it('is exported as a table, with the names that were chosen and no others', { timeout: 120_000 }, async () => {
    const { report: id } = await submitted();
    const { asset } = await record({ subject: 'report', report: String(id) });
    const table = async (form: string, disclose: readonly string[]) => {
      const parameters = { subject: 'asset', hash: '', asset: String(asset), disclose: [...disclose], form };
      const { outputs } = await run('provenance', 'exportHistory', parameters, { items: await carrying(photo) });
      const file = outputs[0]![0]!.binary!['history']!;
      return { text: Buffer.from(await host.read(file)).toString(), type: file.mimeType };
    };
    expect(await table('csv', ['holder'])).toMatchObject({
      text: expect.stringContaining(`"Handed to","${court}",""`),
      type: 'text/csv',
    });
    expect((await table('html', [])).text).toContain('(not disclosed)');
    expect((await table('md', ['holder', 'reason'])).text).toContain('Request 17');
  });
});

/** What lies in the emulated account, as text. */
async function everythingAtDropbox(): Promise<[string, string][]> {
  const paths = dropbox.files.list().flatMap((entry) => (entry.kind === 'file' ? [entry.path] : []));
  return Promise.all(
    paths.map(
      async (each): Promise<[string, string]> => [each, Buffer.from(await dropbox.files.read(each)).toString('latin1')],
    ),
  );
}
