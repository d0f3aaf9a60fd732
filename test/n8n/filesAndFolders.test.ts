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

  it('hides where Dossier keeps its records, unless that is asked for', async () => {
    dropbox.files.seed([
      { path: '/Reports/.dossier/submissions/x/note.txt', size: 5 },
      { path: '/Reports/a.txt', size: 5 },
    ]);
    const list = async (folder: string) =>
      json(await run('folder', 'list', { path: path(folder), returnAll: true, options: { recursive: true } }));
    expect(names(await list('/'))).toEqual(['Reports', 'a.txt']);
    expect(names(await list('/Reports/.dossier'))).toContain('note.txt');
  });

  it('moves, copies and links folders, with what is in them', async () => {
    dropbox.files.seed([
      { path: '/Spring/a b.txt', size: 3 },
      { path: '/Archive/x.txt', size: 1 },
    ]);
    const there = (name: string) => ({ path: path('/Spring'), folder: path('/Archive'), name });
    expect(json(await run('folder', 'copy', there('Copy')))).toMatchObject([{ type: 'folder', path: '/Archive/Copy' }]);
    expect(json(await run('folder', 'move', there('')))).toMatchObject([{ type: 'folder', path: '/Archive/Spring' }]);
    expect(display().filter((name) => name.endsWith('a b.txt'))).toEqual([
      '/Archive/Copy/a b.txt',
      '/Archive/Spring/a b.txt',
    ]);
    await expect(run('folder', 'move', { ...there(''), path: path('/Archive/x.txt') })).rejects.toMatchObject({
      message: expect.stringContaining('(type-mismatch)'),
    });
    const link = async (options: object) =>
      json(await run('folder', 'getLink', { path: path('/Archive/Spring'), options } as never))[0]!['url'];
    expect(await link({})).toBe('https://www.dropbox.com/home/Archive/Spring');
    expect(await link({ appFolder: 'My App' })).toBe('https://www.dropbox.com/home/Apps/My%20App/Archive/Spring');
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

  it('keeps the results of the others when one fails, and sends only what is missing the next time', async () => {
    const files = { one: 'first', two: 'second', three: 'third' };
    const binary = Object.fromEntries(
      await Promise.all(
        Object.entries(files).map(async ([name, text]) => [name, await host.store(Buffer.from(text), `${name}.txt`)]),
      ),
    );
    dropbox.files.seed([{ path: '/two.txt', size: 100 }]);
    const items = { items: [{ json: {}, binary }] };
    const parameters = { folder: path('/'), fields: '' };
    await expect(run('file', 'upload', parameters, items)).rejects.toMatchObject({
      message: expect.stringContaining('"/two.txt" is there already, with other content'),
    });
    expect((await dropbox.files.read('/three.txt')).toString()).toBe('third');
    const { outputs } = await run('file', 'upload', parameters, { ...items, connectedOutputs: [0, 1] });
    expect(outputs[0]!.map(({ json }) => [json['field'], json['state']])).toEqual([
      ['one', 'unchanged'],
      ['three', 'unchanged'],
    ]);
    expect(outputs[1]).toMatchObject([
      {
        json: { field: 'two', name: 'two.txt', state: 'failed', code: 'already-exists' },
        binary: { two: binary['two'] },
      },
    ]);
    expect(display().sort()).toEqual(['/one.txt', '/three.txt', '/two.txt']);
    const goingOn = await run('file', 'upload', parameters, { ...items, continueOnFail: true });
    expect(goingOn.outputs[0]!.map(({ json }) => json['state'] ?? json['details'])).toEqual([
      'unchanged',
      { code: 'already-exists', retry: 'never' },
      'unchanged',
    ]);
  });

  it('sends a large file that is there with the same bytes not at all', async () => {
    const binary = { data: await host.store(seededBytes(200_000_000 / 10, 7), 'large.bin') };
    const upload = () => run('file', 'upload', { folder: path('/'), fields: '' }, { items: [{ json: {}, binary }] });
    expect(json(await upload())).toMatchObject([{ state: 'uploaded' }]);
    const sent = dropbox.requests.count('files/upload_session/append_v2');
    expect(json(await upload())).toMatchObject([{ state: 'unchanged', path: '/large.bin' }]);
    expect(dropbox.requests.count('files/upload_session/append_v2')).toBe(sent);
  });

  it('uploads a text, and searches by a part of the name', async () => {
    const text = { what: 'text', text: 'Grüße', textName: 'Notes.txt', folder: path('/') };
    expect(json(await run('file', 'upload', text))).toMatchObject([{ path: '/Notes.txt', size: 7, state: 'uploaded' }]);
    expect((await dropbox.files.read('/Notes.txt')).toString()).toBe('Grüße');
    dropbox.files.seed([{ path: '/In/other notes.md', size: 1 }]);
    const found = json(await run('file', 'search', { query: 'NOTES', path: path('/'), returnAll: true }));
    expect(names(found).sort()).toEqual(['Notes.txt', 'other notes.md']);
    await expect(run('file', 'search', { query: ' ', path: path('/'), returnAll: true })).rejects.toMatchObject({
      message: expect.stringContaining('part of the name'),
    });
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
      { path: '/b.txt', url: expect.stringMatching(/^https?:/) },
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
