import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { propfind, type Talk, talkTo, textsOf } from './nextcloudTalk.ts';

let server: NextcloudEmulator;
let talk: Talk;
const files = '/remote.php/dav/files/mara';
let folderNumber = 0;
/** A fresh folder for each test. */
const folder = async (): Promise<string> => {
  const path = `${files}/t${++folderNumber}`;
  expect((await talk('MKCOL', path)).status).toBe(201);
  return path;
};
const etagOf = async (path: string): Promise<string> =>
  textsOf(
    (await talk('PROPFIND', path, { headers: { depth: '0' }, body: propfind('d:getetag') })).text,
    'getetag',
  )[0] as string;
const propertyOf = async (path: string, property: string): Promise<string> =>
  textsOf(
    (await talk('PROPFIND', path, { headers: { depth: '0' }, body: propfind(property) })).text,
    property.split(':')[1] as string,
  )[0] as string;

beforeAll(async () => {
  server = await startNextcloudEmulator();
  talk = talkTo(server.url, `${server.user}:${server.password}`);
});
afterAll(() => server.close());

describe('PUT and GET', () => {
  it('creates with 201, replaces with 204, and tells identity and ETag', async () => {
    const path = `${await folder()}/a.txt`;
    const created = await talk('PUT', path, { body: 'one' });
    const replaced = await talk('PUT', path, { body: 'two!' });
    expect([created.status, replaced.status]).toEqual([201, 204]);
    expect(created.headers['oc-fileid']).toMatch(/^\d{8}oc/);
    expect(replaced.headers['oc-fileid']).toBe(created.headers['oc-fileid']);
    expect(created.headers['oc-etag']).toBe(created.headers.etag);
    expect(replaced.headers.etag).not.toBe(created.headers.etag);
    const got = await talk('GET', path);
    expect([got.status, got.text, got.headers.etag, got.headers['content-length']]).toEqual([
      200,
      'two!',
      replaced.headers.etag,
      '4',
    ]);
  });

  it('answers ranges, and 416 past the end', async () => {
    const path = `${await folder()}/r.bin`;
    await talk('PUT', path, { body: '0123456789' });
    const middle = await talk('GET', path, { headers: { range: 'bytes=2-4' } });
    expect([middle.status, middle.text, middle.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10']);
    expect((await talk('GET', path, { headers: { range: 'bytes=-3' } })).text).toBe('789');
    expect((await talk('GET', path, { headers: { range: 'bytes=7-' } })).text).toBe('789');
    expect((await talk('GET', path, { headers: { range: 'bytes=10-' } })).status).toBe(416);
    expect((await talk('GET', path, { headers: { range: 'bytes=2-4', 'if-range': '"other"' } })).status).toBe(200);
  });

  it('obeys preconditions on PUT and GET', async () => {
    const path = `${await folder()}/p.txt`;
    const { headers } = await talk('PUT', path, { body: 'a', headers: { 'if-none-match': '*' } });
    expect((await talk('PUT', path, { body: 'b', headers: { 'if-none-match': '*' } })).status).toBe(412);
    expect((await talk('PUT', path, { body: 'b', headers: { 'if-match': '"stale"' } })).status).toBe(412);
    expect((await talk('GET', path, { headers: { 'if-none-match': headers.etag as string } })).status).toBe(304);
    expect((await talk('PUT', path, { body: 'b', headers: { 'if-match': headers.etag as string } })).status).toBe(204);
  });

  it('refuses ranges in PUT, folders as targets and missing parents', async () => {
    const at = await folder();
    expect((await talk('PUT', `${at}/x`, { body: 'a', headers: { 'content-range': 'bytes 0-0/5' } })).status).toBe(400);
    expect((await talk('PUT', at, { body: 'a' })).status).toBe(409);
    expect((await talk('PUT', `${at}/no/such/x`, { body: 'a' })).status).toBe(404);
    expect(
      (await talk('PUT', `${at}/new/deep/x`, { body: 'a', headers: { 'x-nc-webdav-auto-mkcol': '1' } })).status,
    ).toBe(201);
  });

  it('loses the body of a PUT without a length, or keeps it, as the front-end does', async () => {
    const at = await folder();
    const body = (async function* () {
      yield Buffer.from('unsized');
    })();
    expect((await talk('PUT', `${at}/lost`, { body })).status).toBe(201);
    expect((await talk('GET', `${at}/lost`)).body.length).toBe(0);
    server.switches.unsizedBody = 'kept';
    await talk('PUT', `${at}/kept`, {
      body: (async function* () {
        yield Buffer.from('unsized');
      })(),
    });
    server.switches.unsizedBody = 'lost';
    expect((await talk('GET', `${at}/kept`)).text).toBe('unsized');
  });

  it('takes an unsized body that broke off for a whole one, and leaves nothing of a sized one', async () => {
    const at = await folder();
    const cut = async function* () {
      yield Buffer.alloc(100_000);
      await expect.poll(() => server.requests.list.at(-1)?.bytesIn).toBe(100_000);
      throw new Error('the client goes away');
    };
    server.switches.unsizedBody = 'kept';
    await expect(talk('PUT', `${at}/unsized`, { body: cut() })).rejects.toThrow();
    await expect.poll(() => server.hooks.stat(`${at.slice(files.length)}/unsized`)?.size).toBe(100_000);
    server.switches.unsizedBody = 'lost';
    await expect(
      talk('PUT', `${at}/sized`, { body: cut(), headers: { 'content-length': '200000' } }),
    ).rejects.toThrow();
    await expect.poll(() => server.requests.running).toBe(0);
    expect(server.hooks.stat(`${at.slice(files.length)}/sized`)).toBeUndefined();
  });

  it('accepts a time, and stumbles over a bad one when the file is in place', async () => {
    const at = await folder();
    const good = await talk('PUT', `${at}/good`, { body: 'a', headers: { 'x-oc-mtime': '1600000000.5' } });
    expect([good.status, good.headers['x-oc-mtime']]).toEqual([201, 'accepted']);
    expect(await propertyOf(`${at}/good`, 'd:getlastmodified')).toBe(new Date(1600000000_000).toUTCString());
    for (const bad of ['2020-01-01', '0x5', '86399']) {
      expect((await talk('PUT', `${at}/bad`, { body: 'a', headers: { 'x-oc-mtime': bad } })).status).toBe(500);
      expect((await talk('GET', `${at}/bad`)).text).toBe('a');
    }
  });

  it('refuses what the quota has no room for', async () => {
    const at = await folder();
    server.hooks.setQuota(100);
    expect((await talk('PUT', `${at}/big`, { body: 'x'.repeat(200) })).status).toBe(507);
    expect(await propertyOf(files, 'd:quota-available-bytes')).not.toBe('-3');
    server.hooks.setQuota(undefined);
    expect(await propertyOf(files, 'd:quota-available-bytes')).toBe('-3');
  });
});

describe('hashes', () => {
  it("stores the client's checksum without looking, and computes on request", async () => {
    const path = `${await folder()}/h.txt`;
    const zero = `SHA256:${'0'.repeat(64)}`;
    const sha256 = createHash('sha256').update('abc').digest('hex');
    const written = await talk('PUT', path, { body: 'abc', headers: { 'oc-checksum': zero, 'x-hash': 'sha256' } });
    expect(written.headers['x-hash-sha256']).toBe(sha256);
    expect(await propertyOf(path, 'oc:checksums')).toContain(zero);
    expect((await talk('HEAD', path)).headers['oc-checksum']).toBe(zero);
    const before = await etagOf(path);
    const patched = await talk('PATCH', path, { headers: { 'x-recalculate-hash': 'sha256' } });
    expect([patched.status, patched.headers['oc-checksum']]).toEqual([204, `SHA256:${sha256}`]);
    expect(await etagOf(path)).toBe(before);
    expect((await talk('HEAD', path)).headers['oc-checksum']).toBe(`SHA256:${sha256}`);
    await talk('PUT', path, { body: 'abcd' });
    expect((await talk('HEAD', path)).headers['oc-checksum']).toBeUndefined();
  });

  it('refuses PATCH on folders, and keeps checksums on MOVE but not on COPY', async () => {
    const at = await folder();
    expect((await talk('PATCH', at, { headers: { 'x-recalculate-hash': 'sha256' } })).status).toBe(501);
    await talk('PUT', `${at}/a`, { body: 'a', headers: { 'oc-checksum': 'MD5:x' } });
    await talk('COPY', `${at}/a`, { headers: { destination: `${server.url}${at}/copy` } });
    await talk('MOVE', `${at}/a`, { headers: { destination: `${server.url}${at}/moved` } });
    expect((await talk('HEAD', `${at}/copy`)).headers['oc-checksum']).toBeUndefined();
    expect((await talk('HEAD', `${at}/moved`)).headers['oc-checksum']).toBe('MD5:x');
  });
});

describe('folders', () => {
  it('MKCOL: 201, 405 when taken, 409 without a parent', async () => {
    const at = await folder();
    expect((await talk('MKCOL', at)).status).toBe(405);
    expect((await talk('MKCOL', `${at}/no/such`)).status).toBe(409);
  });

  it('DELETE takes folders whole, and 404 is what remains', async () => {
    const at = await folder();
    await talk('PUT', `${at}/a`, { body: 'a' });
    expect((await talk('DELETE', at)).status).toBe(204);
    expect((await talk('GET', `${at}/a`)).status).toBe(404);
    expect((await talk('DELETE', at)).status).toBe(404);
  });
});

describe('MOVE and COPY', () => {
  it('keeps identity and ETag on MOVE, and gives new ones on COPY', async () => {
    const at = await folder();
    const { headers } = await talk('PUT', `${at}/a%20b.txt`, { body: 'a' });
    const id = await propertyOf(`${at}/a%20b.txt`, 'oc:fileid');
    expect(
      (await talk('MOVE', `${at}/a%20b.txt`, { headers: { destination: `${server.url}${at}/%c3%a9.txt` } })).status,
    ).toBe(201);
    expect(await propertyOf(`${at}/%C3%A9.txt`, 'oc:fileid')).toBe(id);
    expect(await etagOf(`${at}/%c3%a9.txt`)).toBe(headers.etag);
    expect((await talk('COPY', `${at}/%c3%a9.txt`, { headers: { destination: `${at}/copy` } })).status).toBe(201);
    expect(await propertyOf(`${at}/copy`, 'oc:fileid')).not.toBe(id);
  });

  it('obeys Overwrite, and refuses missing sources, missing parents, itself and its inside', async () => {
    const at = await folder();
    const move = (from: string, to: string, headers: Record<string, string> = {}): Promise<number> =>
      talk('MOVE', at + from, { headers: { destination: server.url + at + to, ...headers } }).then(
        ({ status }) => status,
      );
    await talk('PUT', `${at}/a`, { body: 'a' });
    await talk('PUT', `${at}/b`, { body: 'b' });
    await talk('MKCOL', `${at}/d`);
    expect(await move('/a', '/b', { overwrite: 'F' })).toBe(412);
    expect(await move('/a', '/no/such', {})).toBe(409);
    expect(await move('/nothing', '/x', {})).toBe(404);
    expect(await move('/a', '/a', {})).toBe(403);
    expect(await move('/d', '/d/inside', {})).toBe(409);
    expect(await move('/a', '/b', { overwrite: 'T' })).toBe(204);
    expect((await talk('GET', `${at}/b`)).text).toBe('a');
    expect((await talk('MOVE', `${at}/b`, { headers: { destination: 'http://elsewhere.example/other' } })).status).toBe(
      403,
    );
  });

  it('replaces under an If condition on the destination', async () => {
    const at = await folder();
    await talk('PUT', `${at}/a`, { body: 'a' });
    const { headers } = await talk('PUT', `${at}/b`, { body: 'b' });
    const destination = `${server.url}${at}/b`;
    expect(
      (await talk('MOVE', `${at}/a`, { headers: { destination, if: `<${destination}> (["stale"])` } })).status,
    ).toBe(412);
    expect(
      (await talk('MOVE', `${at}/a`, { headers: { destination, if: `<${destination}> ([${headers.etag}])` } })).status,
    ).toBe(204);
  });
});

describe('ETags', () => {
  it('every change renews all ancestors and no sibling', async () => {
    const at = await folder();
    await talk('MKCOL', `${at}/in`);
    await talk('MKCOL', `${at}/beside`);
    const look = async (): Promise<string[]> => Promise.all([files, at, `${at}/in`, `${at}/beside`].map(etagOf));
    const changes: [string, string, Record<string, string>, string][] = [
      ['PUT', `${at}/in/f`, {}, 'a'],
      ['PUT', `${at}/in/f`, {}, 'a'],
      ['MKCOL', `${at}/in/sub`, {}, ''],
      ['MOVE', `${at}/in/f`, { destination: `${at}/in/g` }, ''],
      [
        'PROPPATCH',
        `${at}/in/g`,
        {},
        '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><d:lastmodified>1500000000</d:lastmodified></d:prop></d:set></d:propertyupdate>',
      ],
      ['DELETE', `${at}/in/g`, {}, ''],
    ];
    for (const [method, path, headers, body] of changes) {
      const before = await look();
      expect((await talk(method, path, { headers, body })).status).toBeLessThan(300);
      const after = await look();
      expect(
        after.map((etag, index) => etag !== before[index]),
        `${method} ${path}`,
      ).toEqual([true, true, true, false]);
    }
  });

  it('dead properties survive MOVE and leave ETags alone', async () => {
    const at = await folder();
    await talk('PUT', `${at}/a`, { body: 'a' });
    const before = await etagOf(`${at}/a`);
    const body = `<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><x:proof xmlns:x="urn:example">${'p'.repeat(70_000)}</x:proof></d:prop></d:set></d:propertyupdate>`;
    expect((await talk('PROPPATCH', `${at}/a`, { body })).status).toBe(207);
    expect(await etagOf(`${at}/a`)).toBe(before);
    await talk('MOVE', `${at}/a`, { headers: { destination: `${at}/b` } });
    const asked = '<d:propfind xmlns:d="DAV:"><d:prop><p:proof xmlns:p="urn:example"/></d:prop></d:propfind>';
    expect(
      textsOf((await talk('PROPFIND', `${at}/b`, { headers: { depth: '0' }, body: asked })).text, 'proof')[0],
    ).toHaveLength(70_000);
  });
});

describe('names', () => {
  it('refuses what Nextcloud refuses', async () => {
    const at = await folder();
    const refused = [
      'a%5cb',
      '.htaccess',
      'x.part',
      'x.FILEPART',
      'tab%09',
      'x'.repeat(251),
      encodeURIComponent('é'.repeat(140)),
    ];
    for (const name of refused) expect((await talk('PUT', `${at}/${name}`, { body: '' })).status, name).toBe(400);
    for (const name of ['..', '.']) expect((await talk('PUT', `${at}/${name}`, { body: '' })).status, name).toBe(409);
    for (const name of [
      '%3a%2a%3f%22%3c%3e%7c',
      'dot.',
      'space%20',
      '%f0%9f%98%80',
      '%2541',
      'A',
      'a',
      'x'.repeat(250),
    ]) {
      expect((await talk('PUT', `${at}/${name}`, { body: '' })).status, name).toBe(201);
    }
  });

  it('keeps names composed', async () => {
    const at = await folder();
    const [nfd, nfc] = ['é.txt'.normalize('NFD'), 'é.txt'.normalize('NFC')].map(encodeURIComponent);
    expect((await talk('PUT', `${at}/${nfd}`, { body: 'a' })).status).toBe(201);
    expect((await talk('PUT', `${at}/${nfc}`, { body: 'b' })).status).toBe(204);
    const listing = await talk('PROPFIND', at, { headers: { depth: '1' } });
    expect(textsOf(listing.text, 'href')).toEqual([`${at}/`, `${at}/%c3%a9.txt`]);
  });
});

describe('PROPFIND', () => {
  it('answers depth 0, 1 and infinity, which is also what no depth means', async () => {
    const at = await folder();
    await talk('MKCOL', `${at}/d`);
    await talk('PUT', `${at}/d/f`, { body: 'abc' });
    const hrefs = async (depth?: string): Promise<number> =>
      textsOf((await talk('PROPFIND', at, depth === undefined ? {} : { headers: { depth } })).text, 'href').length;
    expect([await hrefs('0'), await hrefs('1'), await hrefs('infinity'), await hrefs()]).toEqual([1, 2, 3, 3]);
    expect(await propertyOf(at, 'oc:size')).toBe('3');
  });

  it('puts unknown properties into a second propstat, and escapes ETags', async () => {
    const at = await folder();
    const { text, status } = await talk('PROPFIND', at, {
      headers: { depth: '0' },
      body: propfind('d:getetag', 'oc:nosuch'),
    });
    expect(status).toBe(207);
    expect(textsOf(text, 'status')).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found']);
    expect(text).toMatch(/<d:getetag>&quot;[0-9a-f]+&quot;<\/d:getetag>/);
  });

  it('refuses DOCTYPE, broken XML and encoded slashes', async () => {
    const at = await folder();
    const bodies = [
      '<!DOCTYPE x><d:propfind xmlns:d="DAV:"/>',
      '<d:propfind xmlns:d="DAV:">',
      'text',
      '<d:propfind/>',
      '<d:propfind xmlns:d="DAV:">&x;</d:propfind>',
    ];
    for (const body of bodies) expect((await talk('PROPFIND', at, { body })).status, body).toBe(400);
    expect((await talk('PROPFIND', `${at}%2fx`)).status).toBe(404);
    expect((await talk('PROPFIND', `${at}/%ff`)).status).toBe(400);
  });

  it('pages on request', async () => {
    const at = await folder();
    for (const name of ['a', 'b', 'c']) await talk('PUT', `${at}/${name}`, { body: name });
    const first = await talk('PROPFIND', at, {
      headers: { depth: '1', 'x-nc-paginate': 'true', 'x-nc-paginate-count': '3' },
    });
    expect([textsOf(first.text, 'href').length, first.headers['x-nc-paginate-total']]).toEqual([3, '4']);
    const token = first.headers['x-nc-paginate-token'] as string;
    const rest = await talk('PROPFIND', at, {
      headers: {
        depth: '1',
        'x-nc-paginate': 'true',
        'x-nc-paginate-token': token,
        'x-nc-paginate-offset': '3',
        'x-nc-paginate-count': '3',
      },
    });
    expect(textsOf(rest.text, 'href')).toEqual([`${at}/c`]);
  });
});

it('finds a path by file id', async () => {
  const at = await folder();
  await talk('PUT', `${at}/lost.txt`, { body: 'x' });
  const id = await propertyOf(`${at}/lost.txt`, 'oc:fileid');
  const body =
    '<d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:basicsearch><d:select><d:prop><oc:fileid/></d:prop></d:select>' +
    `<d:from><d:scope><d:href>/files/mara</d:href><d:depth>infinity</d:depth></d:scope></d:from><d:where><d:eq><d:prop><oc:fileid/></d:prop><d:literal>${id}</d:literal></d:eq></d:where></d:basicsearch></d:searchrequest>`;
  expect(textsOf((await talk('SEARCH', '/remote.php/dav/', { body })).text, 'href')).toEqual([`${at}/lost.txt`]);
});

it('deletes into the trash bin and restores from it', async () => {
  const at = await folder();
  await talk('PUT', `${at}/t.txt`, { body: 'precious' });
  await talk('DELETE', `${at}/t.txt`);
  const trash = await talk('PROPFIND', '/remote.php/dav/trashbin/mara/trash', {
    headers: { depth: '1' },
    body: propfind('nc:trashbin-filename', 'nc:trashbin-original-location'),
  });
  const index = textsOf(trash.text, 'trashbin-original-location').indexOf(`${at.slice(files.length + 1)}/t.txt`);
  const href = textsOf(trash.text, 'href')[index] as string;
  const restored = await talk('MOVE', href, {
    headers: { destination: `${server.url}/remote.php/dav/trashbin/mara/restore/x` },
  });
  expect(restored.status).toBe(201);
  expect((await talk('GET', `${at}/t.txt`)).text).toBe('precious');
});

it('goes on where it ended, when it is given the same folder again', async () => {
  const data = await mkdtemp(join(tmpdir(), 'nextcloud-emulator-test-'));
  const first = await startNextcloudEmulator({ data, mode: 's3v2' });
  const talkFirst = talkTo(first.url, `${first.user}:${first.password}`);
  await talkFirst('MKCOL', `${files}/d`);
  await talkFirst('PUT', `${files}/d/a`, { body: 'kept', headers: { 'oc-checksum': 'MD5:x' } });
  await talkFirst('MKCOL', '/remote.php/dav/uploads/mara/u', { headers: { destination: `${files}/b` } });
  await talkFirst('PUT', '/remote.php/dav/uploads/mara/u/1', { body: 'part', headers: { destination: `${files}/b` } });
  const before = first.hooks.stat('d/a');
  await first.close();

  const second = await startNextcloudEmulator({ data, mode: 's3v2' });
  const talkSecond = talkTo(second.url, `${second.user}:${first.password}`);
  expect(second.hooks.stat('d/a')).toEqual(before);
  expect((await talkSecond('MOVE', `${files}/d/a`, { headers: { destination: `${files}/moved` } })).status).toBe(201);
  expect((await talkSecond('GET', `${files}/moved`)).text).toBe('kept');
  expect(
    (await talkSecond('MOVE', '/remote.php/dav/uploads/mara/u/.file', { headers: { destination: `${files}/b` } }))
      .status,
  ).toBe(201);
  expect((await talkSecond('GET', `${files}/b`)).text).toBe('part');
  await second.close();
  await rm(data, { recursive: true });
});
