import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createContentHasher } from '../../emulators/dropbox/contentHash.ts';
import { start, tagsOf } from './dropboxTalk.ts';

const hashOf = (bytes: Buffer): string => {
  const hasher = createContentHasher();
  hasher.update(bytes);
  return hasher.end().hash;
};

describe('content hash', () => {
  const block = 4_194_304;
  // Vectors of rclone's dbhash_test.go: so many letters A.
  it.each([
    [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [1, '1cd6ef71e6e0ff46ad2609d403dc3fee244417089aa4461245a4e4fe23a55e42'],
    [block - 1, '647c8627d70f7a7d13ce96b1e7710a771a55d41a62c3da490d92e56044d311fa'],
    [block, 'd4d63bac5b866c71620185392a8a6218ac1092454a2d16f820363b69852befa3'],
    [block + 1, '8f553da8d00d0bf509d8470e242888be33019c20c0544811f5b2b89e98360b92'],
    [2 * block, 'e08b3ba1f538804075c5f939accdeaa9efc7b5c01865c94a41e78ca6550a88e7'],
    [2 * block + 1, '02c8a4aefc2bfc9036f89a7098001865885938ca580e5c9e5db672385edd303c'],
  ])('of %i letters', (size, hash) => {
    const hasher = createContentHasher();
    for (let left = size; left > 0; left -= 700_001) hasher.update(Buffer.alloc(Math.min(left, 700_001), 'A'));
    expect(hasher.end().hash).toBe(hash);
  });

  it('of computed contents equals that of their bytes', async () => {
    const { emulator, download } = await start();
    emulator.files.seed([{ path: '/v', size: block + 77, seed: 'x' }]);
    const { bytes } = await download('/v');
    expect(bytes).toHaveLength(block + 77);
    expect(hashOf(bytes)).toBe(emulator.files.entry('/v')?.hash);
    expect((await download('/v', { Range: 'bytes=13-99' })).bytes).toEqual(bytes.subarray(13, 100));
  });
});

describe('upload', () => {
  it('keeps bytes and tells metadata', async () => {
    const { upload, download, emulator } = await start();
    const bytes = randomBytes(300_000);
    const { status, json } = await upload('/Reports/Été/a.bin', bytes, { client_modified: '2020-01-02T03:04:05Z' });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      name: 'a.bin',
      path_lower: '/reports/été/a.bin',
      path_display: '/Reports/Été/a.bin',
      size: 300_000,
      client_modified: '2020-01-02T03:04:05Z',
      content_hash: hashOf(bytes),
    });
    expect(json['.tag']).toBeUndefined();
    expect(json.id).toMatch(/^id:.{22}$/);
    expect(json.rev).toMatch(/^[0-9a-f]{9,}$/);
    const back = await download('/reports/ÉTÉ/A.BIN');
    expect(back.bytes).toEqual(bytes);
    expect(JSON.parse(String(back.headers['dropbox-api-result']))).toMatchObject({ id: json.id });
    expect(emulator.requests.byRoute['files/upload']).toEqual({
      count: 1,
      bytesIn: 300_000,
      bytesOut: expect.any(Number),
    });
  });

  it('takes chunked bodies and bodies of known length', async () => {
    const { send, emulator } = await start();
    const pieces = [randomBytes(70_000), randomBytes(1), randomBytes(90_000)];
    const chunked = await send('files/upload', { path: '/a' }, pieces);
    const fixed = await send('files/upload', { path: '/b' }, Buffer.concat(pieces));
    expect([chunked.status, fixed.status]).toEqual([200, 200]);
    expect(chunked.json.content_hash).toBe(fixed.json.content_hash);
    expect(await emulator.files.read('/a')).toEqual(Buffer.concat(pieces));
  });

  it('gives a file one id for life, and a rev for each write', async () => {
    const { upload, rpc } = await start();
    const first = await upload('/Doc.txt', 'one');
    const second = await upload('/doc.TXT', 'two', { mode: 'overwrite' });
    expect(second.json).toMatchObject({ id: first.json.id, path_display: '/Doc.txt' });
    expect(second.json.rev > first.json.rev).toBe(true);
    const moved = await rpc('files/move_v2', { from_path: '/doc.txt', to_path: '/There.txt' });
    expect(moved.json.metadata).toMatchObject({ '.tag': 'file', id: first.json.id, path_display: '/There.txt' });
    await rpc('files/delete_v2', { path: '/There.txt' });
    expect((await upload('/There.txt', 'two')).json.id).not.toBe(first.json.id);
  });

  it.each([
    ['reuseIdAfterDelete', true],
    ['reuseIdAfterDelete', false],
  ] as const)('with %s %s', async (_, reuseIdAfterDelete) => {
    const { upload, rpc } = await start({ behaviour: { reuseIdAfterDelete } });
    const { json } = await upload('/a', 'one');
    await rpc('files/delete_v2', { path: '/a' });
    expect((await upload('/a', 'two')).json.id === json.id).toBe(reuseIdAfterDelete);
  });

  it('checks the hash of the body', async () => {
    const { upload, emulator } = await start();
    const wrong = await upload('/a', 'hello', { content_hash: '0'.repeat(64) });
    expect(tagsOf(wrong)).toBe('409 content_hash_mismatch');
    expect(emulator.files.entry('/a')).toBeUndefined();
    expect((await upload('/a', 'hello', { content_hash: hashOf(Buffer.from('hello')) })).status).toBe(200);
  });

  it.each([
    ['routeError', '409 payload_too_large'],
    ['status413', 'summary undefined'],
  ] as const)('refuses more than the limit as %s, with or without a length', async (payloadTooLarge, tags) => {
    const { send } = await start({ limits: { requestBytes: 1000 }, behaviour: { payloadTooLarge } });
    for (const body of [Buffer.alloc(1001), [Buffer.alloc(600), Buffer.alloc(401)]]) {
      expect(tagsOf(await send('files/upload', { path: '/a' }, body))).toBe(tags);
    }
    expect((await send('files/upload', { path: '/a' }, Buffer.alloc(1000))).status).toBe(200);
  });

  it('answers while too large a body is still coming', async () => {
    const { send } = await start({ limits: { requestBytes: 100_000 } });
    const body = Array.from({ length: 40 }, () => Buffer.alloc(500_000));
    expect(tagsOf(await send('files/upload', { path: '/a' }, body))).toBe('409 payload_too_large');
  });

  it('has 150 MiB as its limit', async () => {
    const { emulator, send } = await start();
    // The body is only announced: it cannot have been read to find out.
    const announced = { 'Content-Length': String(150 * 2 ** 20 + 1) };
    expect(tagsOf(await send('files/upload', { path: '/a' }, undefined, announced))).toBe('409 payload_too_large');
    expect(emulator.requests.bytesIn).toBe(0);
  });
});

describe('write modes', () => {
  it('add refuses other content, and takes identical content as done', async () => {
    const { upload } = await start();
    const first = await upload('/a', 'one');
    expect((await upload('/a', 'one')).json).toEqual(first.json);
    expect(tagsOf(await upload('/a', 'one', { strict_conflict: true }))).toBe('409 path/conflict/file');
    const other = await upload('/a', 'two');
    expect(tagsOf(other)).toBe('409 path/conflict/file');
    expect(other.json.error.upload_session_id).toEqual(expect.any(String));
    expect((await upload('/a', 'two', { autorename: true })).json.name).toBe('a (2)');
    expect((await upload('/a', 'six', { autorename: true })).json.name).toBe('a (3)');
  });

  it('a session id in the error finishes elsewhere without sending again', async () => {
    const { upload, send, emulator } = await start();
    await upload('/a', 'one');
    const { json } = await upload('/a', 'second');
    const cursor = { session_id: json.error.upload_session_id as string, offset: 6 };
    const done = await send('files/upload_session/finish', { cursor, commit: { path: '/b' } }, '');
    expect(done.json).toMatchObject({ path_lower: '/b', size: 6 });
    expect((await emulator.files.read('/b')).toString()).toBe('second');
  });

  it('overwrite writes, except what is there already', async () => {
    const { upload } = await start();
    const first = await upload('/a', 'one');
    expect((await upload('/a', 'one', { mode: 'overwrite' })).json).toEqual(first.json);
    expect((await upload('/a', 'one', { mode: 'overwrite', strict_conflict: true })).json.rev).not.toBe(first.json.rev);
    expect((await upload('/a', 'two', { mode: 'overwrite' })).json.size).toBe(3);
  });

  it('update asks for the revision that is there', async () => {
    const { upload, rpc } = await start();
    const first = await upload('/a.txt', 'one');
    const mode = { '.tag': 'update', update: first.json.rev as string };
    const second = await upload('/a.txt', 'two', { mode });
    expect(second.status).toBe(200);
    expect(tagsOf(await upload('/a.txt', 'three', { mode }))).toBe('409 path/conflict/file');
    expect((await upload('/a.txt', 'two', { mode })).json.rev).toBe(second.json.rev);
    expect(tagsOf(await upload('/a.txt', 'two', { mode, strict_conflict: true }))).toBe('409 path/conflict/file');
    expect((await upload('/a.txt', 'three', { mode, autorename: true })).json.name).toBe('a (conflicted copy).txt');
    await rpc('files/delete_v2', { path: '/a.txt' });
    expect(tagsOf(await upload('/a.txt', 'four', { mode, strict_conflict: true }))).toBe('409 path/conflict/file');
    expect((await upload('/a.txt', 'four', { mode })).status).toBe(200);
  });

  it('a bare update is malformed', async () => {
    const { upload } = await start();
    const { status, text, headers } = await upload('/a', 'one', { mode: 'update' });
    expect(status).toBe(400);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(text).toMatch(/shorthand is not allowed for non-Void members/);
  });

  it('a folder is always in the way, and so is a file above', async () => {
    const { upload, rpc } = await start();
    await rpc('files/create_folder_v2', { path: '/F' });
    expect(tagsOf(await upload('/f', 'x', { mode: 'overwrite' }))).toBe('409 path/conflict/folder');
    await upload('/file', 'x');
    expect(tagsOf(await upload('/file/under', 'x'))).toBe('409 path/conflict/file_ancestor');
  });

  it('the quota is the end', async () => {
    const { upload, rpc } = await start({ limits: { quotaBytes: 10 } });
    expect((await upload('/a', '12345678')).status).toBe(200);
    expect(tagsOf(await upload('/b', '123'))).toBe('409 path/insufficient_space');
    expect((await upload('/a', '1234567890', { mode: 'overwrite' })).status).toBe(200);
    expect((await rpc('users/get_space_usage')).json).toMatchObject({ used: 10, allocation: { allocated: 10 } });
  });
});

describe('folders', () => {
  it('are made by one client of many', async () => {
    const { rpc } = await start();
    const all = await Promise.all(
      Array.from({ length: 30 }, () => rpc('files/create_folder_v2', { path: '/Only One' })),
    );
    expect(all.filter((reply) => reply.status === 200)).toHaveLength(1);
    expect(new Set(all.filter((reply) => reply.status !== 200).map(tagsOf))).toEqual(
      new Set(['409 path/conflict/folder']),
    );
    const renamed = await rpc('files/create_folder_v2', { path: '/only one', autorename: true });
    expect(renamed.json.metadata.path_display).toBe('/only one (2)');
    expect(renamed.json.metadata['.tag']).toBeUndefined();
  });

  it('can be written into by their id, which a rename does not change', async () => {
    const { rpc, upload } = await start();
    const { id } = (await rpc('files/create_folder_v2', { path: '/Report' })).json.metadata as { id: string };
    await rpc('files/move_v2', { from_path: '/Report', to_path: '/Renamed' });
    expect((await upload(`${id}/x.txt`, 'x')).json.path_display).toBe('/Renamed/x.txt');
    expect((await rpc('files/create_folder_v2', { path: `${id}/y` })).status).toBe(400);
    expect((await rpc('files/get_metadata', { path: id })).json).toMatchObject({ '.tag': 'folder', name: 'Renamed' });
  });

  it('keep the case of their first creator, also above a file', async () => {
    const { upload } = await start();
    await upload('/Cases/Inner/a', 'x');
    expect((await upload('/CASES/inner/b', 'x')).json.path_display).toBe('/Cases/Inner/b');
    const wrong = await start({ behaviour: { miscasedParents: true } });
    await wrong.upload('/Cases/Inner/a', 'x');
    expect((await wrong.upload('/CASES/inner/b', 'x')).json).toMatchObject({
      path_display: '/CASES/inner/b',
      path_lower: '/cases/inner/b',
    });
  });

  it('move with all they hold; a move into itself and onto others is refused', async () => {
    const { upload, rpc, emulator } = await start();
    const file = await upload('/a/b/c.txt', 'x');
    await upload('/taken', 'x');
    expect(tagsOf(await rpc('files/move_v2', { from_path: '/a', to_path: '/a/inside' }))).toBe(
      '409 duplicated_or_nested_paths',
    );
    expect(tagsOf(await rpc('files/move_v2', { from_path: '/a', to_path: '/taken' }))).toBe('409 to/conflict/file');
    expect(tagsOf(await rpc('files/move_v2', { from_path: '/none', to_path: '/x' }))).toBe('409 from_lookup/not_found');
    expect((await rpc('files/move_v2', { from_path: '/a', to_path: '/New/Place' })).status).toBe(200);
    expect(emulator.files.entry('/new/place/b/c.txt')).toMatchObject({
      id: file.json.id,
      display: '/New/Place/b/c.txt',
    });
    expect(emulator.files.entry('/a')).toBeUndefined();
    const copied = await rpc('files/copy_v2', { from_path: '/New/Place', to_path: '/Copy' });
    expect(copied.status).toBe(200);
    expect(emulator.files.entry('/copy/b/c.txt')?.id).not.toBe(file.json.id);
    expect(emulator.files.entry('/copy/b/c.txt')?.hash).toBe(file.json.content_hash);
  });

  it('a rename of case only succeeds and does nothing', async () => {
    const { upload, rpc } = await start();
    await upload('/name.txt', 'x');
    const { status, json } = await rpc('files/move_v2', { from_path: '/name.txt', to_path: '/NAME.txt' });
    expect([status, json.metadata.name]).toEqual([200, 'name.txt']);
  });

  it.each([true, false])('moveChangesRev %s', async (moveChangesRev) => {
    const { upload, rpc } = await start({ behaviour: { moveChangesRev } });
    const { json } = await upload('/a', 'x');
    const moved = await rpc('files/move_v2', { from_path: '/a', to_path: '/b' });
    expect(moved.json.metadata.rev !== json.rev).toBe(moveChangesRev);
  });
});

describe('names', () => {
  it.each([
    ['/a//b', '409 path/malformed_path'],
    ['/a/', '409 path/malformed_path'],
    ['/a/../b', '409 path/malformed_path'],
    ['/a\\b', '409 path/malformed_path'],
    ['/a\u0000b', '409 path/malformed_path'],
    [`/${'x'.repeat(256)}`, '409 path/malformed_path'],
    ['/Desktop.ini', '409 path/disallowed_name'],
    ['/~$a.docx', '409 path/disallowed_name'],
    ['/.dropbox.cache/a', '409 path/disallowed_name'],
  ])('%j is refused', async (path, tags) => {
    const { upload, rpc } = await start();
    expect(tagsOf(await upload(path, 'x'))).toBe(tags);
    expect(tagsOf(await rpc('files/create_folder_v2', { path }))).toBe(tags);
  });

  it('are normalised by the server in its own way', async () => {
    const { upload } = await start();
    expect((await upload('/Cafe\u0301 /a', 'x')).json.path_display).toBe('/Café/a');
    const { upload: plain } = await start({ behaviour: { unicodeForm: 'asGiven', trailingSpaces: 'refuse' } });
    expect((await plain('/Cafe\u0301/a', 'x')).json.path_display).toBe('/Cafe\u0301/a');
    expect(tagsOf(await plain('/Cafe /a', 'x'))).toBe('409 path/malformed_path');
  });

  it.each([
    ['accept', 200],
    ['malformedPath', 409],
    ['badRequest', 400],
  ] as const)('beyond the BMP: %s', async (astralCharacters, status) => {
    const { upload } = await start({ behaviour: { astralCharacters } });
    expect((await upload('/party 🎉', 'x')).status).toBe(status);
  });
});
