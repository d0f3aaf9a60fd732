import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mode, type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { propfind, type Talk, talkTo, textsOf } from './nextcloudTalk.ts';

const minimum = 5 * 1024 * 1024;
const files = '/remote.php/dav/files/mara';
const uploads = '/remote.php/dav/uploads/mara';
let server: NextcloudEmulator;
let talk: Talk;

const start = async (mode: Mode): Promise<void> => {
  server = await startNextcloudEmulator({ mode });
  talk = talkTo(server.url, `${server.user}:${server.password}`);
};
afterEach(() => server.close());

const to = (path: string): Record<string, string> => ({ destination: `${server.url}${files}${path}` });
const begin = (id: string, target: string): Promise<number> =>
  talk('MKCOL', `${uploads}/${id}`, { headers: to(target) }).then(({ status }) => status);
const chunk = (
  id: string,
  name: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<number> => talk('PUT', `${uploads}/${id}/${name}`, { body, headers }).then(({ status }) => status);
const finish = (id: string, target: string, headers: Record<string, string> = {}) =>
  talk('MOVE', `${uploads}/${id}/.file`, { headers: { ...to(target), ...headers } });
const folderSizes = async (id: string): Promise<Record<string, string>> => {
  const { text } = await talk('PROPFIND', `${uploads}/${id}`, {
    headers: { depth: '1' },
    body: propfind('d:getcontentlength'),
  });
  const responses = text.split('<d:response>').slice(2);
  return Object.fromEntries(
    responses.map((response) => [
      textsOf(response, 'href')[0]?.split('/').at(-1),
      textsOf(response, 'getcontentlength')[0],
    ]),
  );
};
const etagOf = async (path: string): Promise<string> =>
  textsOf(
    (await talk('PROPFIND', path, { headers: { depth: '0' }, body: propfind('d:getetag') })).text,
    'getetag',
  )[0] as string;

describe.each<Mode>(['local', 's3v2'])('chunked upload v2 in both modes: %s', (mode) => {
  beforeEach(() => start(mode));
  const big = Buffer.alloc(minimum, 'a');

  it('makes one file of chunks sent in any order, and only once', async () => {
    expect([await begin('u', '/big.bin'), await begin('u', '/big.bin')]).toEqual([201, 405]);
    expect(await chunk('u', '00002', 'tail', to('/big.bin'))).toBe(mode === 'local' ? 201 : 200);
    expect(await chunk('u', '00001', big, to('/big.bin'))).toBe(mode === 'local' ? 201 : 200);
    const done = await finish('u', '/big.bin', {
      'oc-total-length': String(minimum + 4),
      'x-oc-mtime': '1600000000',
      'x-hash': 'sha256',
      'oc-checksum': 'SHA256:abc',
    });
    expect([done.status, done.headers['x-oc-mtime']]).toEqual([201, 'accepted']);
    expect(done.headers['oc-fileid']).toBeDefined();
    expect(done.headers['oc-etag']).toBe(done.headers.etag);
    expect(done.headers['x-hash-sha256'] !== undefined).toBe(mode === 'local');
    expect((await talk('GET', `${files}/big.bin`)).body.equals(Buffer.concat([big, Buffer.from('tail')]))).toBe(true);
    expect((await talk('HEAD', `${files}/big.bin`)).headers['oc-checksum']).toBe(
      mode === 'local' ? 'SHA256:abc' : undefined,
    );
    expect((await finish('u', '/big.bin')).status).toBe(404);
    expect((await talk('PROPFIND', `${uploads}/u`)).status).toBe(404);
  });

  it('lists what has arrived, for those who resume', async () => {
    await begin('u', '/f');
    await chunk('u', '00001', 'abc', to('/f'));
    const name = mode === 'local' ? '00001' : '1';
    expect((await folderSizes('u'))[name]).toBe('3');
    expect((await folderSizes('u'))['.file']).toBe('3');
  });

  it('makes an empty file of no chunks, and a short one when a middle chunk is missing', async () => {
    await begin('none', '/none');
    expect((await finish('none', '/none')).status).toBe(201);
    expect((await talk('GET', `${files}/none`)).body.length).toBe(0);
    await begin('gap', '/gap');
    await chunk('gap', '1', big, to('/gap'));
    await chunk('gap', '3', 'c', to('/gap'));
    expect((await finish('gap', '/gap')).status).toBe(201);
    expect((await talk('HEAD', `${files}/gap`)).headers['content-length']).toBe(String(minimum + 1));
  });

  it('refuses a target without a parent: 404 for the chunk, 409 for the end', async () => {
    await begin('u', '/no/such');
    expect(await chunk('u', '1', 'a', to('/no/such'))).toBe(404);
    expect((await finish('u', '/no/such')).status).toBe(409);
  });

  it('refuses to overwrite when told so, and plain preconditions look at the wrong file', async () => {
    await talk('PUT', `${files}/there`, { body: 'old' });
    await begin('u', '/there');
    expect((await finish('u', '/there', { overwrite: 'F' })).status).toBe(412);
    expect((await finish('u', '/new', { 'if-none-match': '*' })).status).toBe(412);
    expect((await finish('u', '/there', { 'if-match': await etagOf(`${files}/there`) })).status).toBe(412);
    expect((await finish('u', '/there', { if: `<${server.url}${files}/there> (["stale"])` })).status).toBe(412);
  });

  it('refuses at the first chunk what the quota has no room for, when the total is told', async () => {
    server.hooks.setQuota(10);
    await begin('u', '/f');
    expect(await chunk('u', '1', 'abc', { ...to('/f'), 'oc-total-length': '11' })).toBe(507);
    server.hooks.setQuota(undefined);
    expect(await chunk('u', '1', 'abc', to('/f'))).toBeLessThan(300);
    server.hooks.setQuota(1);
    expect((await finish('u', '/f')).status).toBe(507);
  });

  it('DELETE of the folder ends the upload', async () => {
    await begin('u', '/f');
    expect((await talk('DELETE', `${uploads}/u`)).status).toBe(204);
    expect(await chunk('u', '1', 'a', to('/f'))).toBe(404);
  });

  it('takes a destination of another host, or a path alone', async () => {
    await begin('u', '/f');
    expect(
      (await talk('MOVE', `${uploads}/u/.file`, { headers: { destination: `http://other.example${files}/f` } })).status,
    ).toBe(201);
    await begin('v', '/g');
    expect((await talk('MOVE', `${uploads}/v/.file`, { headers: { destination: `${files}/g` } })).status).toBe(201);
  });

  it('holds an assembly back on request, and locks out the second one', async () => {
    await begin('u', '/f');
    await chunk('u', '1', 'a', to('/f'));
    const release = server.hooks.holdAssembly();
    const first = finish('u', '/f');
    await expect.poll(() => server.requests.count('MOVE uploads')).toBe(1);
    expect((await finish('u', '/f')).status).toBe(423);
    release();
    expect((await first).status).toBe(201);
  });
});

describe('local storage', () => {
  beforeEach(() => start('local'));

  it('replaces a chunk with 204, sorts names as numbers, and takes any name', async () => {
    await begin('u', '/f');
    expect([await chunk('u', '10', 'C'), await chunk('u', '10', 'c')]).toEqual([201, 204]);
    expect([
      await chunk('u', '00002', 'b'),
      await chunk('u', '0', 'a'),
      await chunk('u', '10001', 'd'),
      await chunk('u', 'abc', 'e'),
    ]).toEqual([201, 201, 201, 201]);
    await finish('u', '/f');
    expect((await talk('GET', `${files}/f`)).text).toBe('abcde');
  });

  it('checks the total, and can then be asked again', async () => {
    await begin('u', '/f');
    await chunk('u', '1', 'abc');
    const wrong = await finish('u', '/f', { 'oc-total-length': '4' });
    expect([wrong.status, textsOf(wrong.text, 'message')[0]]).toEqual([
      400,
      'Chunks on server do not sum up to 4 but to 3 bytes',
    ]);
    expect((await finish('u', '/f', { 'oc-total-length': '3' })).status).toBe(201);
  });

  it('refuses a folder as target', async () => {
    await talk('MKCOL', `${files}/d`);
    await begin('u', '/d');
    expect((await finish('u', '/d')).status).toBe(400);
  });

  it('overwrites with the same identity and a new ETag', async () => {
    const before = await talk('PUT', `${files}/f`, { body: 'old' });
    await begin('u', '/f');
    await chunk('u', '1', 'new');
    const after = await finish('u', '/f');
    expect([after.status, after.headers['oc-fileid']]).toEqual([204, before.headers['oc-fileid']]);
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });

  it('answers 500 to a bad time with the file in place', async () => {
    await begin('u', '/f');
    await chunk('u', '1', 'new');
    expect((await finish('u', '/f', { 'x-oc-mtime': '0x5' })).status).toBe(500);
    expect((await talk('GET', `${files}/f`)).text).toBe('new');
  });
});

describe('object storage', () => {
  beforeEach(() => start('s3v2'));
  const big = Buffer.alloc(minimum, 'a');

  it('wants numbers from 1 to 10000', async () => {
    await begin('u', '/f');
    for (const name of ['0', '10001', 'abc']) expect(await chunk('u', name, 'a', to('/f')), name).toBe(400);
  });

  it('counts a replaced chunk twice', async () => {
    await begin('u', '/f');
    expect([await chunk('u', '1', 'abc', to('/f')), await chunk('u', '1', 'abc', to('/f'))]).toEqual([200, 200]);
    expect(await folderSizes('u')).toMatchObject({ '.target': '6', '.file': '6', 1: '3' });
    await finish('u', '/f');
    expect((await talk('GET', `${files}/f`)).text).toBe('abc');
  });

  it('does not check totals', async () => {
    await begin('u', '/f');
    await chunk('u', '1', 'abc', to('/f'));
    expect((await finish('u', '/f', { 'oc-total-length': '4' })).status).toBe(201);
  });

  it('fails on a small chunk that is not the last', async () => {
    await begin('u', '/f');
    await chunk('u', '1', 'small', to('/f'));
    await chunk('u', '2', 'last', to('/f'));
    const failed = await finish('u', '/f');
    expect([failed.status, textsOf(failed.text, 'message')[0]]).toEqual([500, 'Could not write chunked file']);
    expect((await talk('GET', `${files}/f`)).status).toBe(404);
  });

  it('overwrites in place and does not notice: ETags and checksum stay', async () => {
    const { headers } = await talk('PUT', `${files}/f`, { body: 'old', headers: { 'oc-checksum': 'MD5:old' } });
    const root = await etagOf(files);
    await begin('u', '/f');
    await chunk('u', '1', 'brand new', to('/f'));
    const done = await finish('u', '/f');
    expect([done.status, done.headers['oc-fileid'], done.headers.etag]).toEqual([
      204,
      headers['oc-fileid'],
      headers.etag,
    ]);
    expect(await etagOf(files)).toBe(root);
    const got = await talk('GET', `${files}/f`);
    expect([got.text, got.headers['oc-checksum']]).toEqual(['brand new', 'MD5:old']);
  });

  it('an overwrite given up has spoilt the size already, and GET breaks off', async () => {
    await talk('PUT', `${files}/f`, { body: 'old' });
    await begin('u', '/f');
    await chunk('u', '1', big, to('/f'));
    expect((await finish('u', '/f', { overwrite: 'F' })).status).toBe(412);
    expect((await talk('HEAD', `${files}/f`)).headers['content-length']).toBe(String(minimum + 3));
    await expect(talk('GET', `${files}/f`)).rejects.toThrow();
  });

  it('falls back without a destination, and mixes the two ways up', async () => {
    await talk('MKCOL', `${uploads}/plain`);
    expect(await chunk('plain', '1', 'a', to('/f'))).toBe(412);
    expect(await chunk('plain', '1', 'a')).toBe(201);
    expect((await finish('plain', '/f')).status).toBe(201);
    expect((await talk('GET', `${files}/f`)).text).toBe('a');
    await begin('mixed', '/g');
    expect(await chunk('mixed', '1', 'lost')).toBe(201);
    expect((await finish('mixed', '/g')).status).toBe(201);
    expect((await talk('GET', `${files}/g`)).body.length).toBe(0);
  });

  it('knows nothing more when the cache is lost', async () => {
    await begin('u', '/f');
    await chunk('u', '1', 'a', to('/f'));
    server.hooks.dropCache();
    const lost = await talk('PUT', `${uploads}/u/2`, { body: 'b', headers: to('/f') });
    expect([lost.status, lost.text]).toEqual([412, expect.stringContaining('Missing metadata for chunked upload')]);
  });
});
