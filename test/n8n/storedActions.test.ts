import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../support/seeded.ts';
import { unzip } from '../support/unzip.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';

const id = (value: unknown) => ({ __rl: true, mode: 'id', value: String(value ?? '') });
const photo = seededBytes(30_000, 'photo');

async function one(operation: string, parameters: object, options = {}): Promise<IDataObject> {
  const given = { report: id(''), folder: path('/Reports'), attachments: '', ...parameters };
  return json(await run('report', operation, given, options))[0]!;
}

async function queued(): Promise<IDataObject> {
  const items = [{ json: {}, binary: { photo: await host.store(photo, 'gate.jpg', 'image/jpeg') } }];
  const draft = await one('saveDraft', { title: 'North gate', description: 'open at dawn' }, { items });
  return one('submitLater', { report: id(draft['report']), title: '' });
}

describe('a report in the Outbox', () => {
  it('is paused, resumed and taken back, and says where it is', { timeout: 120_000 }, async () => {
    const { report } = await queued();
    expect(await one('getStatus', { report: id(report) })).toMatchObject({
      state: 'queued',
      place: 'outbox',
      attachments: 1,
      size: photo.length,
    });
    expect(await one('resume', { report: id(report) })).toMatchObject({ state: 'sending' });
    expect(await one('pause', { report: id(report) })).toMatchObject({ state: 'paused' });
    expect(await one('cancel', { report: id(report) })).toMatchObject({ state: 'draft', place: 'drafts' });
    const status = await one('getStatus', { report: id(report) });
    expect(status).toMatchObject({ state: 'draft', place: 'drafts' });
    expect(status).not.toHaveProperty('description');
    await expect(one('pause', { report: id(report) })).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
    expect(dropbox.files.list().some(({ display }) => display.startsWith('/Reports/'))).toBe(false);
  });

  it('is exported as an archive with its text, attachments and facts', { timeout: 120_000 }, async () => {
    const { report } = await queued();
    const { outputs } = await run('report', 'export', { report: id(report) });
    const { archive } = outputs[0]![0]!.binary!;
    expect(archive).toMatchObject({ fileName: 'North gate.zip', mimeType: 'application/zip' });
    const files = unzip(await host.read(archive!));
    expect([...files.keys()].sort()).toEqual(['attachments/gate.jpg', 'description.txt', 'report.json']);
    expect(files.get('description.txt')!.toString()).toBe('open at dawn');
    expect(files.get('attachments/gate.jpg')!.equals(Buffer.from(photo))).toBe(true);
  });
});

describe('files and folders', () => {
  it('are renamed where they are, and never onto another', async () => {
    dropbox.files.seed([
      { path: '/Photos/a.jpg', size: 5 },
      { path: '/Photos/b.jpg', size: 6 },
    ]);
    expect(json(await run('file', 'rename', { path: path('/Photos/a.jpg'), newName: 'c.jpg' }))).toMatchObject([
      { path: '/Photos/c.jpg', size: 5 },
    ]);
    await expect(run('file', 'rename', { path: path('/Photos/c.jpg'), newName: 'b.jpg' })).rejects.toMatchObject({
      message: expect.stringMatching(/"\/Photos\/b\.jpg".*\(already-exists\)/),
    });
    await expect(run('file', 'rename', { path: path('/Photos/c.jpg'), newName: '../x' })).rejects.toThrow();
    expect(json(await run('folder', 'rename', { path: path('/Photos'), newName: 'Pictures' }))).toMatchObject([
      { path: '/Pictures' },
    ]);
    expect(
      dropbox.files
        .list()
        .map(({ display }) => display)
        .sort(),
    ).toEqual(['/Pictures', '/Pictures/b.jpg', '/Pictures/c.jpg']);
  });

  it('come down whole, as items or as one archive, without the records of Dossier', async () => {
    dropbox.files.seed([
      { path: '/Photos/a.txt', size: 500 },
      { path: '/Photos/Deep/b.txt', size: 700 },
      { path: '/Photos/.dossier/state/x', size: 3 },
    ]);
    const folder = { path: path('/Photos') };
    const { outputs } = await run('folder', 'download', { ...folder, as: 'items' });
    expect(outputs[0]!.map((item) => [item.json['relativePath'], item.binary!['data']!.bytes])).toEqual([
      ['Deep/b.txt', 700],
      ['a.txt', 500],
    ]);
    const zip = await run('folder', 'download', { ...folder, as: 'zip' });
    expect(json(zip)).toMatchObject([{ path: '/Photos', files: 2, size: 1200 }]);
    const files = unzip(await host.read(zip.outputs[0]![0]!.binary!['data']!));
    expect([...files].map(([name, bytes]) => [name, bytes.length])).toEqual([
      ['Deep/b.txt', 700],
      ['a.txt', 500],
    ]);
  });

  it('get the folders above them where that is wished', async () => {
    const create = (options: INodeParameters) =>
      run('folder', 'create', { path: path('/One/Two'), name: 'Three', options });
    await expect(create({})).rejects.toMatchObject({ message: expect.stringContaining('(parent-missing)') });
    expect(json(await create({ parents: true }))).toMatchObject([{ path: '/One/Two/Three' }]);
    const items = [{ json: {}, binary: { note: await host.store(Buffer.from('x'), 'x.txt') } }];
    const upload = (options: INodeParameters) =>
      run('file', 'upload', { what: 'binary', fields: '', folder: path('/New/Place'), options }, { items });
    await expect(upload({})).rejects.toThrow();
    expect(json(await upload({ parents: true }))).toMatchObject([{ state: 'uploaded', path: '/New/Place/x.txt' }]);
  });
});
