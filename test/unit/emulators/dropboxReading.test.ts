import { describe, expect, it } from 'vitest';
import { start, tagsOf } from './dropboxTalk.ts';

describe('reading', () => {
  it('serves ranges', async () => {
    const { upload, download } = await start();
    await upload('/a', '0123456789');
    const part = async (range: string) => {
      const { status, text, headers } = await download('/a', { Range: range });
      return [status, text, headers['content-range']];
    };
    expect(await part('bytes=2-4')).toEqual([206, '234', 'bytes 2-4/10']);
    expect(await part('bytes=7-')).toEqual([206, '789', 'bytes 7-9/10']);
    expect(await part('bytes=-2')).toEqual([206, '89', 'bytes 8-9/10']);
    expect((await part('bytes=10-'))[0]).toBe(416);
  });

  it('finds by path, id and rev, and tells what is missing', async () => {
    const { upload, download, rpc } = await start();
    const first = await upload('/a', 'one');
    await upload('/a', 'second', { mode: 'overwrite' });
    expect((await download(first.json.id as string)).text).toBe('second');
    expect((await download(`rev:${first.json.rev as string}`)).text).toBe('one');
    expect(tagsOf(await download('/b'))).toBe('409 path/not_found');
    await rpc('files/create_folder_v2', { path: '/F' });
    expect(tagsOf(await download('/F'))).toBe('409 path/not_file');
    expect(tagsOf(await rpc('files/list_folder', { path: '/a' }))).toBe('409 path/not_folder');
    const link = await rpc('files/get_temporary_link', { path: '/a' });
    expect(await (await fetch(link.json.link as string)).text()).toBe('second');
  });

  it('gives the history of a path and of an id', async () => {
    const { upload, rpc } = await start();
    const { json } = await upload('/a', '1');
    await upload('/a', '22', { mode: 'overwrite' });
    await rpc('files/move_v2', { from_path: '/a', to_path: '/b' });
    await upload('/b', '333', { mode: 'overwrite' });
    const byPath = await rpc('files/list_revisions', { path: '/b' });
    const byId = await rpc('files/list_revisions', { path: json.id as string, mode: 'id' });
    const sizes = (reply: typeof byId): number[] => reply.json.entries.map((entry: { size: number }) => entry.size);
    expect(sizes(byPath)).toEqual([3, 2]);
    expect(sizes(byId)).toEqual([3, 2, 2, 1]);
    const page = await rpc('files/list_revisions', { path: '/b', limit: 1 });
    expect([sizes(page), page.json.has_more]).toEqual([[3], true]);
    await rpc('files/delete_v2', { path: '/b' });
    expect((await rpc('files/list_revisions', { path: '/b' })).json.is_deleted).toBe(true);
  });

  it('a tombstone says neither id nor hash', async () => {
    const { upload, rpc } = await start();
    await upload('/A.txt', 'x');
    await rpc('files/delete_v2', { path: '/a.txt' });
    expect(tagsOf(await rpc('files/get_metadata', { path: '/a.txt' }))).toBe('409 path/not_found');
    const { json } = await rpc('files/get_metadata', { path: '/a.txt', include_deleted: true });
    expect(json).toEqual({ '.tag': 'deleted', name: 'A.txt', path_lower: '/a.txt', path_display: '/A.txt' });
    expect(tagsOf(await rpc('files/delete_v2', { path: '/a.txt' }))).toBe('409 path_lookup/not_found');
  });

  it('export-only files have no hash and no bytes', async () => {
    const { emulator, rpc, download } = await start();
    emulator.files.seedExportOnly('/Notes.paper');
    const { json } = await rpc('files/get_metadata', { path: '/notes.paper' });
    expect(json).toMatchObject({ is_downloadable: false, export_info: {} });
    expect(json.content_hash).toBeUndefined();
    expect(tagsOf(await download('/Notes.paper'))).toBe('409 unsupported_file');
  });

  it('shares links, once for each entry', async () => {
    const { upload, rpc } = await start();
    await upload('/a', 'x');
    const made = await rpc('sharing/create_shared_link_with_settings', { path: '/a' });
    expect(made.json.url).toMatch(/^https:\/\/www\.dropbox\.com\//);
    expect((await rpc('sharing/create_shared_link_with_settings', { path: '/a' })).json.error['.tag']).toBe(
      'shared_link_already_exists',
    );
    expect((await rpc('sharing/list_shared_links', { path: '/a' })).json.links).toEqual([
      expect.objectContaining({ url: made.json.url }),
    ]);
  });
});
