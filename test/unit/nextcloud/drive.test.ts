import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { joinPath, rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { FolderEntry } from '../../../shared/drive/entry.ts';
import type { UploadSession } from '../../../shared/drive/uploadSession.ts';
import { type Fault, type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { openNextcloud } from '../../support/nextcloud.ts';
import { seededBytes } from '../../support/seeded.ts';

let server: NextcloudEmulator;
let drive: Drive;
let home: FolderEntry;
const bytes = seededBytes(20_000, 'small');
const digests = digestsOf(bytes);
const modified = 1_700_000_000_000;

beforeEach(async () => {
  server = await startNextcloudEmulator({ subPath: '/cloud' });
  drive = openNextcloud(server, { timeoutMs: 2_000 });
  home = await drive.createFolder({ path: rootPath }, 'home');
  server.requests.reset();
});
afterEach(() => server.close());

const put = (name: string, folder: FolderEntry = home) => drive.upload({ folder, name, modified }, bytes, digests);

describe('small files', () => {
  test('one request each, hashed by the server', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, (_, index) => put(`photo ${index}.jpg`)));
    expect(server.requests.byRoute).toEqual({ 'PUT files': 10 });
    expect(all[3]).toMatchObject({
      entry: { name: 'photo 3.jpg', size: 20_000, modified },
      proof: { method: 'returned-hash', digest: digests.sha256 },
    });
    const [first] = server.requests.list;
    expect(first?.headers).toMatchObject({
      'if-none-match': '*',
      'x-hash': 'sha256',
      'x-oc-mtime': '1700000000',
      'oc-checksum': `SHA256:${digests.sha256}`,
      'content-length': '20000',
    });
    expect(await drive.stat(all[3]?.entry as never)).toEqual(all[3]?.entry);
  });

  test('a body that a gateway threw away is integrity-mismatch, and its empty file is taken back', async () => {
    server.faults.inject({ kind: 'emptyFile', route: 'PUT files' });
    await expect(put('lost.jpg')).rejects.toMatchObject({ code: 'integrity-mismatch', retry: 'now' });
    expect(server.hooks.list('home')).toEqual([]);
  });

  test('taking back names the revision that was written, so that it spares what somebody else wrote meanwhile', async () => {
    await expect(
      drive.upload({ folder: home, name: 'mine.jpg' }, bytes, digestsOf(seededBytes(9, 'else'))),
    ).rejects.toMatchObject({ code: 'integrity-mismatch' });
    const { method, headers } = server.requests.list.at(-1) ?? {};
    expect([method, headers?.['if-match']]).toEqual(['DELETE', expect.stringMatching(/^".+"$/)]);
  });
});

describe("a hash that the server answers and that is not the content's", () => {
  const large = seededBytes(11 * 1024 * 1024, 'large');

  const deliverLarge = async () => {
    const size = large.length;
    const [session] = await drive.startUploads([
      { target: { folder: home, name: 'large.bin' }, size, chunkSize: size },
    ]);
    const piece = { session: session as UploadSession, index: 0, bytes: large, contentHash: '' };
    const [appended] = await drive.append([piece]);
    if (!appended?.ok) throw appended?.error;
    const [outcome] = await drive.commit([{ session: appended.value, digests: digestsOf(large) }]);
    if (!outcome?.ok) throw outcome?.error;
    return outcome.value;
  };

  test.each([
    ['asked again', true, 'server-hash'],
    ['read back', false, 'read-back'],
  ])(
    'is no verdict: the file is %s and stays, and the server is not asked like that again',
    async (_, patch, method) => {
      server.switches.tripleHash = 'putAndMove';
      if (!patch) server.faults.inject({ kind: 'status', status: 501, route: 'PATCH files', times: 99 });
      expect(await put('a.jpg')).toMatchObject({ entry: { size: 20_000 }, proof: { method, digest: digests.sha256 } });
      expect(await put('b.jpg')).toMatchObject({ proof: { method } });
      expect((await deliverLarge()).proof).toMatchObject({ method });
      expect(server.hooks.list('home')).toEqual(['a.jpg', 'b.jpg', 'large.bin']);
      expect(server.requests.byRoute['DELETE files']).toBeUndefined();
      const [first, second] = server.requests.list.filter(({ method }) => method === 'PUT');
      expect([first?.headers['x-hash'], second?.headers['x-hash']]).toEqual(['sha256', undefined]);
    },
  );

  test('does not hide content that is wrong: it is read back, taken away, and sent again', async () => {
    server.switches.tripleHash = 'putAndMove';
    server.faults.inject({ kind: 'emptyFile', route: 'PUT files' });
    await expect(put('lost.jpg')).rejects.toMatchObject({ code: 'integrity-mismatch', retry: 'now' });
    expect(server.hooks.list('home')).toEqual([]);
  });
});

describe('stable ids', () => {
  test('the id wins over the path: a renamed file is found, and what took its path is not', async () => {
    const { entry } = await put('a.txt');
    await drive.move(entry, home, 'b.txt');
    const other = seededBytes(10, 'other');
    await drive.upload({ folder: home, name: 'a.txt' }, other, digestsOf(other));
    expect((await drive.stat(entry))?.path).toBe('/home/b.txt');
    expect((await drive.prove(entry, bytes.length, digests))?.entry.id).toBe(entry.id);
    await drive.remove(entry);
    expect(await drive.stat(entry)).toBeUndefined();
    expect(server.hooks.list('home')).toEqual(['a.txt']);
  });

  test('a folder that moved a moment ago still gets its files', async () => {
    const inner = await drive.createFolder(home, 'inner');
    await openNextcloud(server).move(inner, { path: rootPath }, 'moved');
    const { entry } = await put('late.txt', inner);
    expect(entry.path).toBe('/moved/late.txt');
  });

  test('an id that is nowhere, or is none, is nothing', async () => {
    expect(await drive.stat({ path: joinPath(home.path, 'x'), id: '999999' })).toBeUndefined();
    expect(await drive.stat({ path: home.path, id: '"><evil/>' })).toBeUndefined();
  });
});

describe('change feed', () => {
  test('costs one request when nothing changed, and enters only folders that did', async () => {
    for (const name of ['a', 'b', 'c']) await put(`${name}.txt`, await drive.createFolder(home, name));
    const cursor = await drive.latestCursor(home);
    server.requests.reset();
    const collect = async (from: string) => {
      const changes = [];
      for await (const page of drive.changes(home, from)) changes.push(...page.changes);
      return changes;
    };
    expect(await collect(cursor)).toEqual([]);
    expect(server.requests.byRoute).toEqual({ 'PROPFIND files': 1 });
    await drive.move({ path: joinPath(home.path, 'a', 'a.txt') }, { path: joinPath(home.path, 'b') }, 'renamed.txt');
    server.requests.reset();
    const changes = await collect(cursor);
    expect(
      changes.map((change) =>
        change.type === 'gone' ? ['gone', change.path, change.id] : ['present', change.entry.path, change.entry.id],
      ),
    ).toEqual([
      ['present', '/home/b/renamed.txt', expect.any(String)],
      ['gone', '/home/a/a.txt', expect.any(String)],
    ]);
    expect(new Set(changes.map((change) => (change.type === 'gone' ? change.id : change.entry.id))).size).toBe(1);
    expect(server.requests.byRoute).toEqual({ 'PROPFIND files': 4 });
  });
});

describe('failures mean what Nextcloud means by them', () => {
  const cases: readonly (readonly [string, Fault, object])[] = [
    [
      'maintenance, by its own error',
      { kind: 'status', status: 503, body: 'maintenance' },
      { code: 'server-error', retry: 'later', retryAfterMs: 120_000 },
    ],
    [
      '503 of a gateway that says when',
      { kind: 'status', status: 503, body: 'html', retryAfter: 7 },
      { code: 'server-error', retryAfterMs: 7_000 },
    ],
    [
      '503 of a gateway',
      { kind: 'status', status: 503, body: 'html' },
      { code: 'server-error', retry: 'later', retryAfterMs: undefined },
    ],
    ['too many failed sign-ins', { kind: 'status', status: 429 }, { code: 'rate-limited', retryAfterMs: 1_800_000 }],
    [
      'a slower pace is asked for',
      { kind: 'status', status: 429, retryAfter: 3 },
      { code: 'rate-limited', retryAfterMs: 3_000 },
    ],
    ['a lock', { kind: 'status', status: 423 }, { code: 'locked', retry: 'later' }],
    ['no room', { kind: 'status', status: 507 }, { code: 'quota-exceeded', retry: 'afterUser' }],
    [
      'a proxy that takes no such size',
      { kind: 'status', status: 413, body: 'html' },
      { code: 'too-large', retry: 'never' },
    ],
    ['a page of a proxy', { kind: 'status', status: 400, body: 'html' }, { code: 'server-error', retry: 'later' }],
    ['a gateway that gave up', { kind: 'status', status: 504 }, { code: 'server-error', retry: 'later' }],
    ['a connection that breaks', { kind: 'reset' }, { code: 'offline', retry: 'later' }],
    ['silence', { kind: 'stall' }, { code: 'timeout', retry: 'later' }],
  ];
  test.each(cases)('%s', async (_, fault, expected) => {
    server.faults.inject(fault);
    await expect(put('x.jpg')).rejects.toMatchObject(
      fault.kind === 'status' ? { ...expected, where: 'nextcloud', operation: 'upload' } : expected,
    );
  });

  test('a page about trusted domains is no passing failure', async () => {
    server.switches.untrustedHost = true;
    await expect(put('x.jpg')).rejects.toMatchObject({ code: 'invalid-response', retry: 'never' });
  });

  test('a listing that is cut off is refused, never shortened', async () => {
    for (let index = 0; index < 5; index++) await put(`${index}.jpg`);
    const list = async () => {
      const names: string[] = [];
      for await (const page of drive.list(home)) names.push(...page.map(({ name }) => name));
      return names;
    };
    expect((await list()).sort()).toEqual(['0.jpg', '1.jpg', '2.jpg', '3.jpg', '4.jpg']);
    for (const fault of [{ kind: 'cutBody', afterBytes: 900 }, { kind: 'wrongXml' }] as const) {
      server.faults.inject({ ...fault, route: 'PROPFIND files', nth: 2 });
      await expect(list()).rejects.toMatchObject({ code: fault.kind === 'wrongXml' ? 'invalid-response' : 'offline' });
      server.faults.clear();
    }
  });

  test('a disabled account and a second factor are told apart from an outage', async () => {
    server.hooks.setDisabled(true);
    await expect(put('x.jpg')).rejects.toMatchObject({ code: 'unauthorized', retry: 'afterUser' });
    server.hooks.setDisabled(false);
    server.hooks.requireSecondFactor(true);
    await expect(openNextcloud({ ...server, password: server.loginPassword }).stat(home)).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('app password'),
    });
  });

  test('one wrong password is one failure at the server, however many uploads meet it', async () => {
    const wrong = openNextcloud({ ...server, password: 'wrong' });
    await wrong.account().catch(() => undefined);
    await Promise.allSettled(Array.from({ length: 30 }, () => wrong.stat(home)));
    expect(server.requests.list.filter(({ status }) => status === 401)).toHaveLength(1);
    expect((await drive.account()).id).toContain('mara@');
  });
});
