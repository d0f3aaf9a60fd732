import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { readBytes } from '../../../shared/core/bytes.ts';
import { DossierError } from '../../../shared/core/errors.ts';
import { parsePath, rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { Entry, FolderEntry } from '../../../shared/drive/entry.ts';
import type { Unreadable } from '../../../shared/drive/unreadable.ts';
import { createWebdavDrive } from '../../../shared/drives/webdav/index.ts';
import { parseStatement } from '../../../shared/ledger/statement/statement.ts';
import type { HashPolicy, Link } from '../../../shared/link/link.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { type QuirkyWebdav, startQuirkyWebdav } from '../../emulators/webdav/quirks.ts';
import { createWalker, type Walker } from '../../support/linking.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

let server: QuirkyWebdav;
let drive: Drive;
let walker: Walker;
let link: Link;
const clock = createVirtualClock({ auto: true });

beforeEach(async () => {
  server = await startQuirkyWebdav();
  drive = createWebdavDrive({ http: createNodeHttp(), clock, url: server.url });
  walker = createWalker(createMemoryState(), clock);
  server.store.makeFolder('/linked');
});
afterEach(() => server.close());

const linkFolder = async (hashPolicy: HashPolicy = 'download') => {
  link = await walker.link(drive, (await drive.stat({ path: parsePath('/linked') })) as FolderEntry, hashPolicy);
};
const walk = async () => {
  const { changes, progress } = await walker.walk(link, drive);
  return { events: changes.map(({ event, path }) => `${event} ${path}`).sort(), unread: progress.unread ?? [] };
};
const statements = async () => {
  const size = (await walker.log.head())?.checkpoint.size ?? 0;
  const all: string[] = [];
  for (let index = 0; index < size; index++)
    all.push(parseStatement((await walker.log.entry(index))!.envelope.payload).predicate.event);
  return all;
};
const listed = async (path: string, recursive = false) => {
  const entries: Entry[] = [];
  const unreadable: Unreadable[] = [];
  const onUnreadable = (each: Unreadable) => void unreadable.push(each);
  for await (const page of drive.list({ path: parsePath(path) }, { recursive, onUnreadable })) entries.push(...page);
  return { names: entries.map(({ name }) => name).sort(), unreadable };
};
const settle = () => {
  // Written long before the look: the server tells whole seconds.
  for (const [name, resource] of server.store.children('/linked'))
    server.store.age(`/linked/${name}`, new Date(resource.modified.getTime() - 60_000));
};

describe('a listing that is not complete', () => {
  beforeEach(async () => {
    for (const name of ['a.txt', 'b.txt', 'c#d.txt']) await server.write(`/linked/${name}`, name);
  });

  test('a child with a status of its own is not gone: the others are recorded, it is named, and heals', async () => {
    await linkFolder();
    await walk();
    server.quirks.childStatus = (path) => (path === '/linked/a.txt' ? 503 : undefined);
    server.store.remove('/linked/b.txt');
    await server.write('/linked/new.txt', 'new');
    const during = await walk();
    expect(during.events).toEqual(['Delete /linked/b.txt', 'Register /linked/new.txt']);
    expect(during.unread).toMatchObject([{ path: '/linked/a.txt', code: 'server-error' }]);
    delete server.quirks.childStatus;
    const after = await walk();
    expect(after).toEqual({ events: [], unread: [] });
  });

  test('without somebody to tell it throws, and with one the rest is listed', async () => {
    server.quirks.childStatus = (path) => (path === '/linked/a.txt' ? 503 : undefined);
    await expect(
      (async () => {
        for await (const _ of drive.list({ path: parsePath('/linked') }));
      })(),
    ).rejects.toMatchObject({ code: 'server-error' });
    const { names, unreadable } = await listed('/linked');
    expect(names).toEqual(['b.txt', 'c#d.txt']);
    expect(unreadable.map(({ path }) => path)).toEqual(['/linked/a.txt']);
  });

  test('a "#" that the server forgot to escape is a part of the name', async () => {
    server.quirks.href = (href) => href.replace('%23', '#');
    await linkFolder();
    expect((await walk()).events).toContain('Register /linked/c#d.txt');
    expect(server.requests).toContain('GET /linked/c#d.txt');
  });

  test('a name that cannot be used may be any that is missing: none of them is gone, until it is', async () => {
    await linkFolder();
    await walk();
    server.quirks.href = (href) => href.replace('c%23d', 'c%23%FF');
    const during = await walk();
    expect(during.events).toEqual([]);
    expect(during.unread).toMatchObject([{ path: '/linked', spelling: expect.stringContaining('%FF') }]);
    expect((await walk()).events).toEqual([]);
    expect((await walker.walk(link, drive, { sweep: true })).changes).toEqual([]);
    server.store.remove('/linked/c#d.txt');
    expect((await walk()).events.concat((await walk()).events)).toEqual(['Delete /linked/c#d.txt']);
  });

  test('a name that never could be used keeps nothing else from being gone', async () => {
    await server.write('/linked/odd.txt', 'odd');
    server.quirks.href = (href) => href.replace('odd', '%FF');
    await linkFolder();
    expect((await walk()).unread).toHaveLength(1);
    server.store.remove('/linked/a.txt');
    expect((await walk()).events).toEqual(['Delete /linked/a.txt']);
    server.store.remove('/linked/b.txt');
    const swept = await walker.walk(link, drive, { sweep: true });
    expect(swept.changes.map(({ event, path }) => `${event} ${path}`)).toEqual(['Delete /linked/b.txt']);
  });

  test('a file without a size is named, and the others are listed', async () => {
    server.quirks.properties = (honest, path) =>
      path === '/linked/a.txt' ? honest.replace(/<d:getcontentlength>.*<\/d:getcontentlength>/, '') : honest;
    const { names, unreadable } = await listed('/linked');
    expect(names).toEqual(['b.txt', 'c#d.txt']);
    expect(unreadable).toMatchObject([{ path: '/linked/a.txt', error: { code: 'invalid-response' } }]);
  });
});

describe('a folder in it that cannot be listed', () => {
  beforeEach(async () => {
    for (const folder of ['/linked/good', '/linked/mount']) server.store.makeFolder(folder);
    for (const path of ['/linked/good/1.txt', '/linked/mount/2.txt', '/linked/3.txt']) await server.write(path, path);
  });
  const break503 = () => {
    server.quirks.status = (method, path) => (method === 'PROPFIND' && path === '/linked/mount' ? 503 : undefined);
  };

  test('the first scan records the rest in few requests, and what lasts is recorded as a gap, until it is over', async () => {
    break503();
    await linkFolder();
    server.requests.length = 0;
    const first = await walk();
    expect(first.events).toEqual(['Register /linked/3.txt', 'Register /linked/good/1.txt']);
    expect(first.unread).toMatchObject([{ path: '/linked/mount', code: 'server-error' }]);
    expect(server.requests.length).toBeLessThan(12);
    expect(await statements()).not.toContain('GapStart');
    await walk();
    expect((await statements()).filter((event) => event === 'GapStart')).toHaveLength(1);
    const quiet = server.requests.length;
    await walk();
    await walk();
    expect(server.requests.length - quiet).toBeLessThan(12);
    expect((await statements()).filter((event) => event === 'GapStart')).toHaveLength(1);
    delete server.quirks.status;
    expect(await walk()).toEqual({ events: ['Register /linked/mount/2.txt'], unread: [] });
    expect((await statements()).filter((event) => event === 'GapEnd')).toHaveLength(1);
  });

  test('nothing in it is gone, by changes nor by a full listing; what went meanwhile is gone once it is read', async () => {
    await server.write('/linked/mount/4.txt', '4');
    await linkFolder();
    await walk();
    break503();
    expect((await walk()).events).toEqual([]);
    expect((await walker.walk(link, drive, { sweep: true })).changes).toEqual([]);
    server.store.remove('/linked/mount/4.txt');
    expect((await walk()).events).toEqual([]);
    delete server.quirks.status;
    const events = [...(await walk()).events, ...(await walk()).events];
    expect(events).toEqual(['Delete /linked/mount/4.txt']);
  });

  test('a 404 that its parent contradicts is not a folder that is gone', async () => {
    await linkFolder();
    await walk();
    server.quirks.status = (method, path) => (method === 'PROPFIND' && path === '/linked/mount' ? 404 : undefined);
    const { events, unread } = await walk();
    expect(events).toEqual([]);
    expect(unread).toMatchObject([{ path: '/linked/mount', code: 'not-found' }]);
  });

  test('a server that fails at everything is not taken for folders that fail', async () => {
    for (let each = 0; each < 30; each++) server.store.makeFolder(`/linked/f${each}`);
    await linkFolder();
    let down = false;
    server.quirks.status = (_method, path) => {
      down ||= path.startsWith('/linked/f');
      return down ? 500 : undefined;
    };
    await expect(walk()).rejects.toMatchObject({ code: 'server-error' });
    expect(server.requests.length).toBeLessThan(120);
  });
});

describe('a file that cannot be read', () => {
  beforeEach(async () => {
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await server.write(`/linked/${name}`, name);
    await linkFolder();
  });

  test.each([403, 500, 404, 423])(
    '%i: the others are recorded, it is named; what lasts is recorded as unread, and attested once it can be read',
    async (status) => {
      server.quirks.status = (method, path) => (method === 'GET' && path === '/linked/b.txt' ? status : undefined);
      server.requests.length = 0;
      const first = await walk();
      expect(first.events).toEqual(['Register /linked/a.txt', 'Register /linked/c.txt']);
      expect(first.unread).toMatchObject([{ path: '/linked/b.txt' }]);
      expect(server.requests.length).toBeLessThan(20);
      const second = await walk();
      expect(second.events).toEqual(['Register /linked/b.txt']);
      expect(second.unread).toMatchObject([{ path: '/linked/b.txt', lasts: true }]);
      server.requests.length = 0;
      expect((await walk()).events).toEqual([]);
      expect(server.requests.length).toBeLessThan(20);
      delete server.quirks.status;
      expect(await walk()).toEqual({ events: ['Attest /linked/b.txt'], unread: [] });
      expect(await walk()).toEqual({ events: [], unread: [] });
    },
  );

  test('one that failed once is read at the end of the same walk', async () => {
    let failed = false;
    server.quirks.status = (method, path) =>
      method === 'GET' && path === '/linked/b.txt' && !failed && (failed = true) ? 500 : undefined;
    const { events, unread } = await walk();
    expect(events).toContain('Register /linked/b.txt');
    expect(unread).toEqual([]);
  });

  test('one that goes while it cannot be read is forgotten', async () => {
    server.quirks.status = (method, path) => (method === 'GET' && path === '/linked/b.txt' ? 403 : undefined);
    await walk();
    server.store.remove('/linked/b.txt');
    expect(await walk()).toEqual({ events: [], unread: [] });
  });
});

describe('cheap identity', () => {
  test('another content under the ETag of the one before it is found by its size or its time', async () => {
    await server.write('/linked/a.txt', 'one');
    settle();
    server.quirks.properties = (honest) => honest.replace(/<d:getetag>[^<]*/, '<d:getetag>"same"');
    await linkFolder();
    await walk();
    await server.write('/linked/a.txt', 'other');
    expect((await walk()).events).toEqual(['Publish /linked/a.txt']);
    await linkFolder('provider');
    await server.write('/linked/a.txt', 'a third');
    expect((await walk()).events).toEqual(['Publish /linked/a.txt']);
  });

  test('what was written within a second after a look, under the same ETag, size and time, is found by the next', async () => {
    server.quirks.etagPerSecond = true;
    await server.write('/linked/a.txt', 'one');
    await linkFolder();
    expect((await walk()).events).toEqual(['Register /linked/a.txt']);
    const { modified } = server.store.get('/linked/a.txt')!;
    await server.write('/linked/a.txt', 'two');
    server.store.age('/linked/a.txt', modified);
    expect((await walk()).events).toEqual(['Publish /linked/a.txt']);
    server.store.age('/linked/a.txt', new Date(modified.getTime() - 60_000));
    await walk();
    server.requests.length = 0;
    expect((await walk()).events).toEqual([]);
    expect(server.requests.filter((request) => request.startsWith('GET'))).toEqual([]);
  });
});

test('every folder is looked into once in a while, and what is cut off is not tried again at once', async () => {
  const asked: unknown[] = [];
  const honest = drive.changes.bind(drive);
  let cut = false;
  drive = {
    ...drive,
    async *changes(folder, cursor, context, options) {
      asked.push(options?.everywhere);
      if (cut) throw new DossierError('cancelled');
      yield* honest(folder, cursor, context, options);
    },
  };
  await linkFolder();
  const look = () => walker.walk(link, drive, { everywhereAfterMs: 1_000 }).catch(() => undefined);
  await look();
  await look();
  await clock.sleep(2_000);
  cut = true;
  await look();
  cut = false;
  await look();
  await clock.sleep(2_000);
  await look();
  expect(asked).toEqual([false, false, true, false, true]);
});

describe('names as the server has them', () => {
  const file = 'U\u0308bung.txt';
  const folder = 'cafe\u0301';
  beforeEach(async () => {
    server.store.makeFolder(`/linked/${folder}`);
    await server.write(`/linked/${file}`, 'in decomposed letters');
    await server.write(`/linked/${folder}/${file}`, 'deep');
  });
  const text = async (path: string) =>
    new TextDecoder().decode(await readBytes(drive.read({ path: parsePath(path) }), 1000));
  const freshDrive = () => {
    drive = createWebdavDrive({ http: createNodeHttp(), clock, url: server.url });
  };

  test('decomposed ones are read, found, moved, copied and removed, in composed paths, by whoever comes', async () => {
    expect((await listed('/linked', true)).names).toEqual(
      [file, file, folder].map((name) => name.normalize('NFC')).sort(),
    );
    for (const prepare of [() => undefined, freshDrive]) {
      prepare();
      expect(await text('/linked/Übung.txt')).toBe('in decomposed letters');
      expect(await text('/linked/café/Übung.txt')).toBe('deep');
    }
    freshDrive();
    expect(await drive.stat({ path: parsePath('/linked/café/Übung.txt') })).toMatchObject({
      name: 'Übung.txt',
      size: 4,
    });
    freshDrive();
    await drive.move({ path: parsePath('/linked/Übung.txt') }, { path: parsePath('/linked/café') }, 'moved.txt');
    expect(server.store.get(`/linked/${folder}/moved.txt`)).toBeDefined();
    freshDrive();
    await drive.remove({ path: parsePath('/linked/café/Übung.txt') });
    expect(server.store.get(`/linked/${folder}/${file}`)).toBeUndefined();
    freshDrive();
    await drive.createFolder({ path: parsePath('/linked/café') }, 'new');
    expect(server.store.get(`/linked/${folder}/new`)).toBeDefined();
  });

  test('they are recorded', async () => {
    await linkFolder();
    expect((await walk()).events).toEqual(['Register /linked/café/Übung.txt', 'Register /linked/Übung.txt']);
    expect(await walk()).toEqual({ events: [], unread: [] });
  });

  test('of two names that differ only in how their letters are composed, one is listed and the other is named', async () => {
    await server.write(`/linked/${file.normalize('NFC')}`, 'in composed letters');
    const { names, unreadable } = await listed('/linked');
    expect(names.filter((name) => name === 'Übung.txt')).toHaveLength(1);
    expect(unreadable).toHaveLength(1);
  });
});

describe('addresses and documents that are tolerable', () => {
  beforeEach(() => server.write('/linked/a.txt', 'a'));
  const names = async () => (await listed('/linked')).names;

  test.each(['https://127.0.0.1', 'http://files.example:8080', 'https://files.example'])(
    'absolute hrefs of %s, under which the server goes by itself',
    async (origin) => {
      server.quirks.href = (href) => origin + href;
      expect(await names()).toEqual(['a.txt']);
      expect(await drive.stat({ path: parsePath('/linked/a.txt') })).toMatchObject({ size: 1 });
      expect((await drive.stat({ path: rootPath }))?.type).toBe('folder');
    },
  );

  test('what lies on another server than the rest is named, and not listed', async () => {
    server.quirks.href = (href, path) => (path === '/linked/a.txt' ? `http://other.example${href}` : href);
    const { names, unreadable } = await listed('/linked');
    expect(names).toEqual([]);
    expect(unreadable[0]?.error.message).toContain('other.example');
  });

  test('a server that speaks of another path is told so, with both', async () => {
    server.quirks.href = (href) => `/inner${href}`;
    await expect(names()).rejects.toThrow(/it speaks of \/inner\/dav\/linked.* instead of .*\/dav\/linked/);
  });

  test.each<[string, (xml: string) => string]>([
    ['a blank line before the declaration', (xml) => `\r\n\n${xml}`],
    ['a byte order mark', (xml) => `\ufeff${xml}`],
    ['the encoding "UTF8"', (xml) => xml.replace('encoding="utf-8"', 'encoding="UTF8"')],
  ])('%s', async (_, document) => {
    server.quirks.document = document;
    expect(await names()).toEqual(['a.txt']);
  });
});
