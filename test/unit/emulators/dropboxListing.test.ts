import { describe, expect, it } from 'vitest';
import { type Entry, start, tagsOf } from './dropboxTalk.ts';

const paths = (entries: readonly Entry[]): string[] => entries.map((entry) => `${entry['.tag']} ${entry.path_lower}`);

describe('list_folder', () => {
  it('lists a folder, or all below it, in pages', async () => {
    const { rpc, walk, upload } = await start();
    for (const path of ['/A/1', '/A/2', '/A/B/3', '/A/B/C/4', '/Other/5']) await upload(path, path);
    const flat = await walk(await rpc('files/list_folder', { path: '/a' }));
    expect(paths(flat.entries)).toEqual(['file /a/1', 'file /a/2', 'folder /a/b']);
    const all = await walk(await rpc('files/list_folder', { path: '/a', recursive: true, limit: 2 }));
    expect(paths(all.entries).sort()).toEqual([
      'file /a/1',
      'file /a/2',
      'file /a/b/3',
      'file /a/b/c/4',
      'folder /a',
      'folder /a/b',
      'folder /a/b/c',
    ]);
    expect(all.calls).toBe(3);
    const root = await walk(await rpc('files/list_folder', { path: '' }));
    expect(paths(root.entries)).toEqual(['folder /a', 'folder /other']);
  });

  it('knows the root as an empty path only', async () => {
    const { rpc } = await start();
    const { status, text } = await rpc('files/list_folder', { path: '/' });
    expect([status, text]).toEqual([400, expect.stringContaining('Specify the root folder as an empty string')]);
    expect(tagsOf(await rpc('files/list_folder', { path: '/none' }))).toBe('409 path/not_found');
  });

  it('shows tombstones when asked, and leaves export-only files out when asked', async () => {
    const { rpc, walk, upload, emulator } = await start();
    await upload('/gone', 'x');
    await rpc('files/delete_v2', { path: '/gone' });
    emulator.files.seedExportOnly('/doc.paper');
    const list = async (options: object) =>
      paths((await walk(await rpc('files/list_folder', { path: '', ...options }))).entries);
    expect(await list({})).toEqual(['file /doc.paper']);
    expect(await list({ include_deleted: true, include_non_downloadable_files: false })).toEqual(['deleted /gone']);
  });

  it('lists 100,000 files with their hashes in 50 calls', { timeout: 180_000 }, async () => {
    const { rpc, walk, emulator } = await start();
    emulator.files.seed(
      (function* () {
        for (let index = 0; index < 100_000; index += 1)
          yield { path: `/Big/${index % 100}/${index}.txt`, size: index % 5000 };
      })(),
    );
    emulator.requests.reset();
    const before = process.cpuUsage();
    const { entries, calls } = await walk(await rpc('files/list_folder', { path: '', recursive: true, limit: 2000 }));
    expect(
      entries.filter((entry) => entry['.tag'] === 'file' && String(entry['content_hash']).length === 64),
    ).toHaveLength(100_000);
    expect(calls).toBe(51);
    expect(emulator.requests.total).toBe(51);
    // Work, not time: the machine may be busy with other things.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(15);
  });
});

describe('the change feed', () => {
  it('tells what happened since a cursor, once', async () => {
    const { rpc, walk, upload } = await start();
    await upload('/A/old', 'x');
    const { cursor } = (await rpc('files/list_folder/get_latest_cursor', { path: '', recursive: true })).json as {
      cursor: string;
    };
    const changes = async (from: string) => walk(await rpc('files/list_folder/continue', { cursor: from }));
    expect((await changes(cursor)).entries).toEqual([]);
    await upload('/A/new', 'one');
    await upload('/A/new', 'two', { mode: 'overwrite' });
    await rpc('files/delete_v2', { path: '/a/old' });
    const first = await changes(cursor);
    expect(paths(first.entries)).toEqual(['file /a/new', 'deleted /a/old']);
    expect(first.entries[0]?.['size']).toBe(3);
    expect((await changes(first.cursor)).entries).toEqual([]);
    expect(paths((await changes(cursor)).entries)).toEqual(['file /a/new', 'deleted /a/old']);
  });

  it('misses nothing that happens during a listing', async () => {
    const { rpc, upload } = await start();
    for (const name of ['b', 'd', 'f']) await upload(`/${name}`, name);
    const page = await rpc('files/list_folder', { path: '', limit: 2 });
    await upload('/a', 'early');
    await upload('/b', 'changed', { mode: 'overwrite' });
    const rest = await rpc('files/list_folder/continue', { cursor: page.json.cursor as string });
    expect([paths(rest.json.entries as Entry[]), rest.json.has_more]).toEqual([['file /f'], false]);
    const after = await rpc('files/list_folder/continue', { cursor: rest.json.cursor as string });
    expect(paths(after.json.entries as Entry[])).toEqual(['file /a', 'file /b']);
  });

  it('tells of a deleted folder with one entry, and of a new one in its place anew', async () => {
    const { rpc, walk, upload } = await start();
    await upload('/F/a', 'x');
    await upload('/F/G/b', 'x');
    const { cursor } = await walk(await rpc('files/list_folder', { path: '', recursive: true }));
    await rpc('files/delete_v2', { path: '/F' });
    expect(paths((await rpc('files/list_folder/continue', { cursor })).json.entries as Entry[])).toEqual([
      'deleted /f',
    ]);
    await upload('/F/c', 'x');
    expect(paths((await rpc('files/list_folder/continue', { cursor })).json.entries as Entry[])).toEqual([
      'deleted /f',
      'folder /f',
      'file /f/c',
    ]);
  });

  it.each(['deletedFirst', 'addedFirst'] as const)('tells of a move with the same ids, %s', async (moveOrder) => {
    const { rpc, walk, upload } = await start({ behaviour: { moveOrder } });
    const { json } = await upload('/Old/x', 'x');
    const { cursor } = await walk(await rpc('files/list_folder', { path: '', recursive: true }));
    await rpc('files/move_v2', { from_path: '/Old', to_path: '/New' });
    const entries = (await rpc('files/list_folder/continue', { cursor })).json.entries as Entry[];
    const added = ['folder /new', 'file /new/x'];
    expect(paths(entries)).toEqual(
      moveOrder === 'deletedFirst' ? ['deleted /old', ...added] : [...added, 'deleted /old'],
    );
    expect(entries.find((entry) => entry['.tag'] === 'file')?.['id']).toBe(json.id);
  });

  it('says nothing of a change of case only', async () => {
    const { rpc, walk, upload, emulator } = await start();
    await upload('/Name.txt', 'x');
    const { cursor } = await walk(await rpc('files/list_folder', { path: '' }));
    emulator.files.recase('/name.txt', 'NAME.TXT');
    expect((await rpc('files/list_folder/continue', { cursor })).json.entries).toEqual([]);
    expect((await rpc('files/get_metadata', { path: '/name.txt' })).json.name).toBe('NAME.TXT');
  });

  it('keeps to its folder', async () => {
    const { rpc, upload } = await start();
    await upload('/A/B/x', 'x');
    const flat = (await rpc('files/list_folder/get_latest_cursor', { path: '/A' })).json as { cursor: string };
    const deep = (await rpc('files/list_folder/get_latest_cursor', { path: '/A', recursive: true })).json as {
      cursor: string;
    };
    await upload('/A/B/y', 'x');
    await upload('/A/z', 'x');
    await upload('/Elsewhere', 'x');
    expect(paths((await rpc('files/list_folder/continue', flat)).json.entries as Entry[])).toEqual(['file /a/z']);
    expect(paths((await rpc('files/list_folder/continue', deep)).json.entries as Entry[])).toEqual([
      'file /a/b/y',
      'file /a/z',
    ]);
  });

  it('ends when its folder is gone, is another, when cursors are reset, or too old', async () => {
    const { rpc, upload, emulator } = await start({ limits: { cursorLifeMs: 1000_000 } });
    await upload('/A/x', 'x');
    const latest = async (): Promise<object> =>
      (await rpc('files/list_folder/get_latest_cursor', { path: '/A' })).json as object;
    const outcome = async (cursor: object): Promise<string> => tagsOf(await rpc('files/list_folder/continue', cursor));
    const gone = await latest();
    await rpc('files/delete_v2', { path: '/A' });
    expect(await outcome(gone)).toBe('409 path/not_found');
    await upload('/A/x', 'x');
    expect(await outcome(gone)).toBe('409 reset');
    const forced = await latest();
    emulator.cursors.resetAll();
    expect(await outcome(forced)).toBe('409 reset');
    const old = await latest();
    emulator.clock.advance(1000_001);
    expect(await outcome(old)).toBe('409 reset');
    expect((await rpc('files/list_folder/continue', { cursor: 'AAmade-up' })).status).toBe(400);
  });
});

describe('longpoll', () => {
  const poll = async (talker: Awaited<ReturnType<typeof start>>, cursor: object, extra: object = {}) =>
    talker.rpc('files/list_folder/longpoll', { ...cursor, ...extra }, { Authorization: '' });

  it('wakes for a change, without a token', async () => {
    const talker = await start();
    const { rpc, upload } = talker;
    await upload('/A/x', 'x');
    const { json: cursor } = await rpc('files/list_folder/get_latest_cursor', { path: '/A' });
    const waiting = poll(talker, cursor as object);
    await upload('/Elsewhere', 'x');
    await upload('/A/y', 'x');
    expect((await waiting).json).toEqual({ changes: true });
    expect((await poll(talker, cursor as object)).json).toEqual({ changes: true });
  });

  it('ends without changes after its time and a jitter, on the emulated clock', async () => {
    const talker = await start({ limits: { longpoll: { jitterMs: 90_000, backoffSeconds: 60 } } });
    const { json: cursor } = await talker.rpc('files/list_folder/get_latest_cursor', { path: '' });
    const waiting = poll(talker, cursor as object, { timeout: 30 });
    while (talker.emulator.requests.running === 0) await new Promise(setImmediate);
    const ticking = setInterval(() => talker.emulator.clock.advance(10_000), 5);
    expect((await waiting).json).toEqual({ changes: false, backoff: 60 });
    clearInterval(ticking);
  });

  it('may wake for what is elsewhere in the namespace', async () => {
    const talker = await start({ behaviour: { longpollScope: 'namespace' } });
    await talker.upload('/A/x', 'x');
    const { json: cursor } = await talker.rpc('files/list_folder/get_latest_cursor', { path: '/A' });
    await talker.upload('/Elsewhere', 'x');
    expect((await poll(talker, cursor as object)).json).toEqual({ changes: true });
    expect((await talker.rpc('files/list_folder/continue', cursor)).json.entries).toEqual([]);
  });

  it('refuses times out of range, and cursors that were reset', async () => {
    const talker = await start();
    const { json: cursor } = await talker.rpc('files/list_folder/get_latest_cursor', { path: '' });
    expect((await poll(talker, cursor as object, { timeout: 29 })).status).toBe(400);
    talker.emulator.cursors.resetAll();
    expect(tagsOf(await poll(talker, cursor as object))).toBe('409 reset');
  });
});
