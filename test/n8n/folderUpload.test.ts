import type { INodeExecutionData } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { packedZip } from '../support/packedZip.ts';
import { seededBytes } from '../support/seeded.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';

const there = () =>
  dropbox.files
    .list()
    .filter(({ kind }) => kind === 'file')
    .map(({ display }) => display)
    .sort();

async function item(relativePath: string | undefined, ...names: string[]): Promise<INodeExecutionData> {
  const stored = names.map(async (name, index) => [
    index === 0 ? 'data' : `data_${index}`,
    await host.store(seededBytes(2000 + index, `${relativePath} ${name}`), name),
  ]);
  return {
    json: relativePath === undefined ? {} : { relativePath },
    ...(names.length === 0 ? {} : { binary: Object.fromEntries(await Promise.all(stored)) }),
  };
}

const parameters = { what: 'binary', relativePath: '', fields: '', folder: path('/In/Spring') };

describe('Folder: Upload', () => {
  it('puts the files of all items where they belong, with the folders above them, and tells of each', async () => {
    const items = [
      await item('photos/a.jpg', 'x.jpg'),
      await item('photos/deep/', 'b.jpg', 'c.jpg'),
      await item(undefined, 'top.txt'),
      await item('photos\\A.JPG', 'y.jpg'),
    ];
    const result = await run('folder', 'upload', parameters, { items });
    expect(
      result.outputs[0]!.map(({ json: { state, path, relativePath }, pairedItem }) => [
        state,
        path,
        relativePath,
        pairedItem,
      ]),
    ).toEqual([
      ['uploaded', '/In/Spring/photos/a.jpg', 'photos/a.jpg', { item: 0 }],
      ['uploaded', '/In/Spring/photos/deep/b.jpg', 'photos/deep/b.jpg', { item: 1 }],
      ['uploaded', '/In/Spring/photos/deep/c.jpg', 'photos/deep/c.jpg', { item: 1 }],
      ['uploaded', '/In/Spring/top.txt', 'top.txt', { item: 2 }],
      ['uploaded', '/In/Spring/photos/A 1.JPG', 'photos\\A.JPG', { item: 3 }],
    ]);
    expect(await dropbox.files.read('/In/Spring/photos/a.jpg')).toEqual(
      Buffer.from(seededBytes(2000, 'photos/a.jpg x.jpg')),
    );
  });

  it('sends nothing again in a second run, and only what is missing where something was taken away', async () => {
    const items = [await item('p/a.bin', 'a.bin'), await item('p/b.bin', 'b.bin')];
    await run('folder', 'upload', parameters, { items });
    const commits = () =>
      dropbox.requests.count('files/upload_session/finish_batch_v2') +
      dropbox.requests.count('files/upload_session/finish_batch') +
      dropbox.requests.count('files/upload');
    const before = commits();
    expect(json(await run('folder', 'upload', parameters, { items }))).toMatchObject([
      { state: 'unchanged', path: '/In/Spring/p/a.bin' },
      { state: 'unchanged', path: '/In/Spring/p/b.bin' },
    ]);
    expect(commits()).toBe(before);
    await run('file', 'delete', { path: path('/In/Spring/p/a.bin') });
    expect(json(await run('folder', 'upload', parameters, { items }))).toMatchObject([
      { state: 'uploaded' },
      { state: 'unchanged' },
    ]);
  });

  it('replaces what has the name that was given, and nothing that has one made up to tell two apart', async () => {
    await run('folder', 'upload', parameters, { items: [await item('IMG 1.jpg', 'stranger.jpg')] });
    const stranger = await dropbox.files.read('/In/Spring/IMG 1.jpg');
    const items = [await item('IMG.jpg', 'a.jpg'), await item('IMG.jpg', 'b.jpg')];
    const replacing = run('folder', 'upload', { ...parameters, options: { whenThere: 'replace' } }, { items });
    await expect(replacing).rejects.toThrow(/IMG 1\.jpg" is there already, with other content/);
    expect(there()).toEqual(['/In/Spring/IMG 1.jpg', '/In/Spring/IMG.jpg']);
    expect(await dropbox.files.read('/In/Spring/IMG 1.jpg')).toEqual(stranger);
  });

  it('throws nothing away because one fails: bad paths, other content, nothing to upload', async () => {
    dropbox.files.seed([{ path: '/In/Spring/taken.bin', size: 5 }]);
    const items = [
      await item('../out.bin', 'a'),
      await item('taken.bin', 'a'),
      await item('nothing.bin'),
      await item('two.bin', 'a', 'b'),
      await item('.dossier/x.bin', 'a'),
      await item('good/fine.bin', 'a'),
    ];
    const { outputs } = await run('folder', 'upload', parameters, { items, connectedOutputs: [0, 1] });
    expect(outputs[0]!.map(({ json }) => json['path'])).toEqual(['/In/Spring/good/fine.bin']);
    expect(
      outputs[1]!.map(({ json, binary, pairedItem }) => [json['code'], Object.keys(binary ?? {}), pairedItem]),
    ).toEqual([
      ['invalid-path', ['data'], { item: 0 }],
      ['already-exists', ['data'], { item: 1 }],
      ['source-missing', [], { item: 2 }],
      ['invalid-input', [], { item: 3 }],
      ['invalid-path', ['data'], { item: 4 }],
    ]);
    expect(there()).toEqual(['/In/Spring/good/fine.bin', '/In/Spring/taken.bin']);
    await expect(run('folder', 'upload', parameters, { items })).rejects.toMatchObject({
      message: expect.stringContaining('1 of 6 files have arrived'),
    });
    expect(json(await run('folder', 'upload', parameters, { items, continueOnFail: true }))).toMatchObject([
      { error: expect.any(String) },
      { error: expect.stringContaining('/In/Spring/taken.bin') },
      { error: expect.any(String) },
      { error: expect.any(String) },
      { error: expect.any(String) },
      { state: 'unchanged' },
    ]);
  });

  it('unpacks an archive into the folder; what leads out of it, or is damaged, stays out', async () => {
    const files = [
      { path: 'report/photo.jpg', bytes: seededBytes(50_000, 'photo') },
      { path: 'report/empty/', bytes: new Uint8Array() },
      { path: '../../etc/passwd', bytes: seededBytes(10, 'evil') },
      { path: 'report/large.bin', bytes: seededBytes(9_000_000, 'large') },
      { path: 'report/secret.txt', bytes: seededBytes(10, 'secret'), flags: 1 },
    ];
    const binary = { data: await host.store(packedZip(files), 'report.zip', 'application/zip') };
    const { outputs } = await run(
      'folder',
      'upload',
      { what: 'zip', archive: 'data', folder: path('/In') },
      { items: [{ json: {}, binary }], connectedOutputs: [0, 1] },
    );
    expect(outputs[0]!.map(({ json }) => json['path'])).toEqual(['/In/report/photo.jpg', '/In/report/large.bin']);
    expect(outputs[1]!.map(({ json }) => [json['relativePath'], json['code']])).toEqual([
      ['../../etc/passwd', 'invalid-path'],
      ['report/secret.txt', 'unsupported'],
    ]);
    expect(Buffer.compare(await dropbox.files.read('/In/report/large.bin'), files[3]!.bytes)).toBe(0);
    expect(there()).toEqual(['/In/report/large.bin', '/In/report/photo.jpg']);
  });

  it('takes back what Folder: Download gave, by its relativePath', async () => {
    dropbox.files.seed([
      { path: '/From/a.txt', size: 5 },
      { path: '/From/in/b.txt', size: 6 },
    ]);
    const { outputs } = await run('folder', 'download', { path: path('/From'), as: 'items' });
    const copied = await run('folder', 'upload', { ...parameters, folder: path('/To') }, { items: outputs[0]! });
    expect(json(copied).map((each) => each['path'])).toEqual(['/To/a.txt', '/To/in/b.txt']);
  });
});

describe('File: Get', () => {
  it('tells what is known of a file, and refuses a folder', async () => {
    dropbox.files.seed([{ path: '/Spring/a.txt', size: 5 }]);
    expect(json(await run('file', 'get', { path: path('/Spring/a.txt') }))).toMatchObject([
      { size: 5, path: '/Spring/a.txt' },
    ]);
    await expect(run('file', 'get', { path: path('/Spring') })).rejects.toMatchObject({
      message: expect.stringContaining('is a folder'),
    });
  });
});
