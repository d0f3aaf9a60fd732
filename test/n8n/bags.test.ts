import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureDebian } from '../hosts/debian.ts';
import { seededBytes } from '../support/seeded.ts';
import { unzip } from '../support/unzip.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';

const photo = seededBytes(200_000, 'bagged photo');
const film = Buffer.alloc(20 * 1024 * 1024, 7);
const checker = join(import.meta.dirname, '../support/checkBag.py');
let work: string;

beforeAll(async () => {
  await ensureDebian(['python3']);
  work = await mkdtemp(join(tmpdir(), 'dossier-bags-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));
beforeEach(async () => {
  await submit('North gate');
  await submit('South gate');
});

async function submit(title: string): Promise<void> {
  const binary = {
    photo: await host.store(photo, `${title} 100%.jpg`, 'image/jpeg'),
    film: await host.store(film, 'film.mp4', 'video/mp4'),
  };
  const fields = { title, description: 'open at dawn', attachments: '', folder: path('/Reports') };
  await run('report', 'submit', fields, { items: [{ json: {}, binary }] });
}

type Exported = { readonly facts: IDataObject; readonly archive: Buffer };

async function exported(resource: string, operation: string, parameters: INodeParameters): Promise<Exported> {
  const items = [{ json: {}, binary: { data: await host.store(Buffer.from(photo), 'x.jpg') } }];
  const { outputs } = await run(resource, operation, { bagTo: 'binary', ...parameters }, { items });
  const { archive } = outputs[0]![0]!.binary!;
  expect(archive).toMatchObject({ mimeType: 'application/zip' });
  return { facts: outputs[0]![0]!.json, archive: await host.read(archive!) };
}

/** What a checker that shares no code with Dossier says; empty where it accepts. */
async function refusals(archive: Buffer): Promise<string> {
  const file = join(work, 'bag.zip');
  await writeFile(file, archive);
  return spawnSync('python3', [checker, file], { encoding: 'utf8' }).stdout;
}

async function verified(archive: Buffer): Promise<IDataObject> {
  const items = [{ json: {}, binary: { data: await host.store(archive, 'bag.zip', 'application/zip') } }];
  return json(await run('report', 'verify', { what: 'archive', archive: 'data' }, { items }))[0]!;
}

describe('Folder: Export as BagIt', () => {
  it('of a delivered report is accepted by others, and its receipt still verifies', { timeout: 120_000 }, async () => {
    const { facts, archive } = await exported('folder', 'exportBag', {
      path: path('/Reports/North gate'),
      record: true,
    });
    expect(facts).toMatchObject({ path: '/Reports/North gate', bag: 'North gate.zip', files: 7 });
    expect(await refusals(archive)).toBe('');
    const files = unzip(archive);
    const receipt = files.get('North gate/receipts/dossier.sigstore.json')!;
    expect(receipt).toEqual(files.get('North gate/data/dossier.sigstore.json'));
    expect([...files.keys()]).toContain('North gate/ledger/files/film.mp4.sigstore.json');
    expect([...files.keys()].at(-1)).toBe('North gate/bagit.txt');
    const items = [
      {
        json: {},
        binary: { data: await host.store(film, 'film.mp4'), receipt: await host.store(receipt, 'receipt.json') },
      },
    ];
    const statementKey = files.get('North gate/ledger/statement-key.pem')!;
    const der = createPublicKey(statementKey).export({ format: 'der', type: 'spki' });
    const trust = {
      receiptField: 'receipt',
      binaryField: 'data',
      hash: '',
      statementKey: statementKey.toString(),
      trustedRoot: files.get('North gate/ledger/trusted_root.json')!.toString(),
      fingerprint: createHash('sha256').update(der).digest('hex'),
      timestampCertificates: '',
    };
    const [verdict] = json(await run('provenance', 'verifyReceipt', trust, { items, credentials: {} }));
    expect(verdict).toMatchObject({ answer: 'known' });
  });

  it('of a folder with several reports has a folder for each, and is verified as it is', {
    timeout: 120_000,
  }, async () => {
    const { archive } = await exported('folder', 'exportBag', { path: path('/Reports'), record: false });
    expect(await refusals(archive)).toBe('');
    expect([...unzip(archive).keys()]).toEqual(
      expect.arrayContaining(['Reports/data/North gate/dossier.json', 'Reports/receipts/South gate/dossier.json']),
    );
    expect(await verified(archive)).toMatchObject({ kind: 'bag', holds: true, differences: [] });
    const changed = Buffer.from(archive);
    changed[archive.indexOf(photo.subarray(1000, 1100)) + 5]! ^= 1;
    expect(await verified(changed)).toMatchObject({
      holds: false,
      differences: [{ path: 'data/North gate/North gate 100%.jpg', how: 'changed' }],
    });
  });

  it('onto the drive makes a new folder that Verify accepts until it is changed', { timeout: 120_000 }, async () => {
    const parameters = { path: path('/Reports/North gate'), record: false, bagTo: 'folder', bagFolder: path('/') };
    const [first] = json(await run('folder', 'exportBag', parameters));
    const [second] = json(await run('folder', 'exportBag', parameters));
    expect([first!['bag'], second!['bag']]).toEqual(['/North gate bag', '/North gate bag 1']);
    const verify = async () =>
      json(await run('report', 'verify', { what: 'folder', path: path('/North gate bag') }))[0]!;
    expect(await verify()).toMatchObject({ kind: 'bag', title: 'North gate', holds: true });
    dropbox.files.seed([{ path: '/North gate bag/data/more.txt', size: 3 }]);
    await run('file', 'delete', { path: path('/North gate bag/data/film.mp4') });
    expect(await verify()).toMatchObject({
      holds: false,
      differences: [
        { path: 'data/more.txt', how: 'added' },
        { path: 'data/film.mp4', how: 'missing' },
      ],
    });
  });
});

describe('other exports as BagIt', () => {
  it('a stored report, delivered or not, and a history are bags that others accept', { timeout: 120_000 }, async () => {
    const items = [{ json: {}, binary: { photo: await host.store(photo, 'gate.jpg', 'image/jpeg') } }];
    const fields = { title: 'Draft', description: 'x', attachments: '' };
    const [draft] = json(await run('report', 'saveDraft', fields, { items }));
    const report = { __rl: true, mode: 'id', value: String(draft!['report']) };
    const stored = await exported('report', 'export', { report, format: 'bag' });
    expect(await refusals(stored.archive)).toBe('');
    expect([...unzip(stored.archive).keys()]).toContain('Draft/data/attachments/gate.jpg');

    const about = { subject: 'binary', binaryField: 'data', hash: '', asset: '', disclose: [], form: 'bag' };
    const history = await exported('provenance', 'exportHistory', about);
    expect(await refusals(history.archive)).toBe('');
    const { asset } = history.facts;
    expect([...unzip(history.archive).keys()]).toContain(`${String(asset)}/data/index.html`);
  });
});

describe('a hostile archive', () => {
  it('is refused in one sentence', async () => {
    await expect(verified(Buffer.from('PK nothing'))).rejects.toMatchObject({
      message: expect.stringContaining('no ZIP archive'),
    });
  });
});
