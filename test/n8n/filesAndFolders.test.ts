import type { IDataObject } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../support/seeded.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';

const names = (items: IDataObject[]) => items.map(({ name }) => name);
const display = () =>
  dropbox.files
    .list()
    .filter(({ kind }) => kind !== 'deleted')
    .map((entry) => entry.display);

describe('Folder', () => {
  it('lists, with a limit, all levels, and by a part of the name', async () => {
    dropbox.files.seed([
      { path: '/Reports/a.jpg', size: 5 },
      { path: '/Reports/b.txt', size: 6 },
      { path: '/Reports/In/c.JPG', size: 7 },
    ]);
    const list = async (parameters: object) =>
      json(await run('folder', 'list', { path: path('/Reports'), returnAll: true, ...parameters }));
    expect(names(await list({})).sort()).toEqual(['In', 'a.jpg', 'b.txt']);
    expect(names(await list({ options: { recursive: true, named: '.jpg' } })).sort()).toEqual(['a.jpg', 'c.JPG']);
    expect(await list({ returnAll: false, limit: 2 })).toHaveLength(2);
    const [file] = await list({ options: { named: 'a.jpg' } });
    expect(file).toMatchObject({
      type: 'file',
      path: '/Reports/a.jpg',
      size: 5,
      id: expect.stringMatching(/^id:/),
      modified: expect.stringMatching(/Z$/),
    });
  });

  it('creates exclusively', async () => {
    expect(json(await run('folder', 'create', { path: path('/'), name: 'New' }))).toMatchObject([
      { type: 'folder', path: '/New' },
    ]);
    await expect(run('folder', 'create', { path: path('/'), name: 'New' })).rejects.toMatchObject({
      message: expect.stringContaining('(already-exists)'),
      context: { itemIndex: 0 },
    });
    await expect(run('folder', 'create', { path: path('/'), name: '../New' })).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-path)'),
    });
  });

  it('deletes a folder, never a file by mistake, and never everything', async () => {
    dropbox.files.seed([
      { path: '/Old/a.txt', size: 1 },
      { path: '/b.txt', size: 1 },
    ]);
    expect(json(await run('folder', 'delete', { path: path('/Old') }))).toEqual([{ deleted: true, path: '/Old' }]);
    await expect(run('folder', 'delete', { path: path('/b.txt') })).rejects.toMatchObject({
      message: expect.stringContaining('(type-mismatch)'),
    });
    await expect(run('folder', 'delete', { path: path('/') })).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
    await expect(run('folder', 'delete', { path: path('') })).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
    expect(display()).toEqual(['/b.txt']);
  });
});

describe('File', () => {
  it('uploads all binaries of an item and downloads them again, by path and by id', async () => {
    const bytes = { small: seededBytes(10, 1), large: seededBytes(9_000_000, 2), empty: seededBytes(0, 3) };
    const binary = {
      small: await host.store(bytes.small, 'small.bin'),
      large: await host.store(bytes.large, 'large.mp4', 'video/mp4'),
      empty: await host.store(bytes.empty, 'empty.txt'),
    };
    const uploaded = json(
      await run('file', 'upload', { folder: path('/'), fields: '' }, { items: [{ json: {}, binary }] }),
    );
    expect(uploaded).toMatchObject([
      { field: 'small', path: '/small.bin' },
      { field: 'large', path: '/large.mp4', proof: { method: 'returned-hash' } },
      { field: 'empty', size: 0 },
    ]);
    for (const { field, id } of uploaded) {
      const { outputs } = await run('file', 'download', {
        path: { __rl: true, mode: 'id', value: id as string },
        field: 'data',
      });
      const got = outputs[0]![0]!.binary!['data']!;
      expect(Buffer.compare(await host.read(got), bytes[field as keyof typeof bytes])).toBe(0);
    }
    const { outputs } = await run('file', 'download', { path: path('/large.mp4'), field: 'video' });
    expect(outputs[0]![0]).toMatchObject({
      json: { name: 'large.mp4' },
      binary: { video: { mimeType: 'video/mp4', bytes: 9_000_000 } },
    });
  });

  it('leaves a file that is there, gives the new one a number, or replaces it, as told', async () => {
    const upload = async (text: string, options: object) => {
      const binary = { data: await host.store(Buffer.from(text), 'a.txt') };
      return json(
        await run('file', 'upload', { folder: path('/'), fields: '', options } as never, {
          items: [{ json: {}, binary }],
        }),
      );
    };
    await upload('one', {});
    await expect(upload('two', {})).rejects.toMatchObject({ message: expect.stringContaining('(already-exists)') });
    expect(await upload('three', { whenThere: 'keepBoth' })).toMatchObject([{ path: '/a 1.txt' }]);
    expect(await upload('four', { whenThere: 'keepBoth' })).toMatchObject([{ path: '/a 2.txt' }]);
    expect(await upload('five', { whenThere: 'replace' })).toMatchObject([{ path: '/a.txt' }]);
    expect(await upload('six', { whenThere: 'replace', fileName: 'b.txt' })).toMatchObject([{ path: '/b.txt' }]);
    expect(display().sort()).toEqual(['/a 1.txt', '/a 2.txt', '/a.txt', '/b.txt']);
    expect((await dropbox.files.read('/a.txt')).toString()).toBe('five');
  });

  it('moves, renames, copies, links and deletes', async () => {
    dropbox.files.seed([
      { path: '/a.txt', size: 3 },
      { path: '/To/x.txt', size: 1 },
    ]);
    expect(json(await run('file', 'move', { path: path('/a.txt'), folder: path('/To'), name: '' }))).toMatchObject([
      { path: '/To/a.txt' },
    ]);
    expect(
      json(await run('file', 'copy', { path: path('/To/a.txt'), folder: path('/'), name: 'b.txt' })),
    ).toMatchObject([{ path: '/b.txt' }]);
    await expect(
      run('file', 'move', { path: path('/b.txt'), folder: path('/To'), name: 'x.txt' }),
    ).rejects.toMatchObject({ message: expect.stringContaining('(already-exists)') });
    expect(json(await run('file', 'getLink', { path: path('/b.txt') }))).toMatchObject([
      { path: '/b.txt', link: expect.stringMatching(/^https?:/) },
    ]);
    expect(json(await run('file', 'delete', { path: path('/b.txt') }))).toEqual([{ deleted: true, path: '/b.txt' }]);
    await expect(run('file', 'delete', { path: path('/b.txt') })).rejects.toMatchObject({
      message: expect.stringContaining('(not-found)'),
    });
    expect(display().sort()).toEqual(['/To', '/To/a.txt', '/To/x.txt']);
  });

  it('says so when a download is cut and cannot be had whole', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/a.bin', size: 300_000 }]);
    dropbox.faults.inject({ kind: 'cutBody', route: 'files/download', times: 1 });
    expect(json(await run('file', 'download', { path: path('/a.bin'), field: 'data' }))).toMatchObject([
      { size: 300_000 },
    ]);
    expect(dropbox.requests.count('files/download')).toBe(2);
  });

  it('lists files only', async () => {
    dropbox.files.seed([
      { path: '/a.txt', size: 3 },
      { path: '/To/x.txt', size: 1 },
    ]);
    expect(names(json(await run('file', 'list', { path: path(''), returnAll: true })))).toEqual(['a.txt']);
  });
});
