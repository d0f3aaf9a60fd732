import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DossierError } from '../../../shared/core/errors.ts';
import { type DrivePath, parsePath, rootPath } from '../../../shared/core/paths.ts';
import type { ChangePage } from '../../../shared/drive/changes.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { Entry, EntryRef } from '../../../shared/drive/entry.ts';
import { createDropboxDrive } from '../../../shared/drives/dropbox/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';
import { scriptedHttp } from '../../support/scriptedHttp.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const clock = createVirtualClock({ auto: true });
const folder: EntryRef = { path: parsePath('/Linked') };

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const page of pages) list.push(page);
  return list;
}

const listed = async (drive: Drive, ref: EntryRef, recursive = true): Promise<Entry[]> =>
  (await all(drive.list(ref, { recursive }))).flat();
const told = (pages: readonly ChangePage[]) =>
  pages.flatMap(({ changes }) =>
    changes.map((change) => (change.type === 'gone' ? `gone ${change.path}` : `${change.entry.path}`)),
  );

describe('linking a folder', () => {
  let emulator: DropboxEmulator;
  beforeAll(async () => {
    emulator = await startDropboxEmulator();
  });
  afterAll(() => emulator.close());

  test.each([100, 2000, 10_001])(
    '%i files are known after one call for each 2,000 and one more, and nothing is downloaded',
    async (count) => {
      const home = `/Link ${count}`;
      emulator.files.seed(
        Array.from({ length: count }, (_, index) => ({
          path: `${home}/folder ${index % 7}/file ${index}.jpg`,
          size: index,
        })),
      );
      const drive = openDropbox(emulator, { clock });
      emulator.requests.reset();
      let files = 0;
      for await (const { changes } of drive.changes({ path: parsePath(home) }, undefined)) {
        for (const change of changes) {
          if (change.type !== 'present' || change.entry.type !== 'file') continue;
          files += 1;
          expect(change.entry).toMatchObject({
            id: expect.stringMatching(/^id:/),
            revision: expect.any(String),
            digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          });
        }
      }
      expect(files).toBe(count);
      // The seven folders are entries of the listing as well.
      expect(emulator.requests.total).toBeLessThanOrEqual(Math.ceil((count + 7) / 2000) + 1);
      expect(emulator.requests.count('files/download')).toBe(0);
    },
  );

  test('a cursor after every page: whoever stops between two goes on where it stopped', async () => {
    emulator.files.seed(Array.from({ length: 4100 }, (_, index) => ({ path: `/Pages/${index}.txt`, size: 1 })));
    const home = { path: parsePath('/Pages') };
    const drive = openDropbox(emulator, { clock });
    const seen: string[] = [];
    let cursor: string | undefined;
    for await (const page of drive.changes(home, undefined)) {
      seen.push(...told([page]));
      cursor = page.cursor;
      break;
    }
    for (const page of await all(openDropbox(emulator, { clock }).changes(home, cursor))) seen.push(...told([page]));
    expect(seen).toHaveLength(4100);
    expect(new Set(seen).size).toBe(4100);
  });

  test('a cursor that is too old: everything anew, and it says so', async () => {
    const home = { path: parsePath('/Reset') };
    emulator.files.seed(Array.from({ length: 2500 }, (_, index) => ({ path: `/Reset/${index}.txt`, size: 1 })));
    const drive = openDropbox(emulator, { clock });
    const cursor = await drive.latestCursor(home);
    emulator.cursors.resetAll();
    const pages = await all(drive.changes(home, cursor));
    expect(pages.map(({ reset }) => reset)).toEqual([true, undefined]);
    expect(told(pages)).toHaveLength(2500);
  });

  test('a file that is moved keeps its id, whatever order it is told in', async () => {
    for (const moveOrder of ['deletedFirst', 'addedFirst'] as const) {
      const other = await startDropboxEmulator({ behaviour: { moveOrder } });
      try {
        const drive = openDropbox(other, { clock });
        const home = await drive.createFolder({ path: rootPath }, 'Moves');
        other.files.seed([{ path: '/Moves/a.txt', size: 5 }]);
        const cursor = await drive.latestCursor(home);
        const file = (await drive.stat({ path: parsePath('/Moves/a.txt') })) as Entry;
        await drive.move(file, home, 'b.txt');
        const changes = (await all(drive.changes(home, cursor))).flatMap((page) => page.changes);
        expect(changes).toContainEqual({ type: 'gone', path: '/Moves/a.txt' });
        expect(changes).toContainEqual({
          type: 'present',
          entry: expect.objectContaining({ id: file.id, path: '/Moves/b.txt' }),
        });
      } finally {
        await other.close();
      }
    }
  });

  test('a rename that changes only the case is done, by a detour', async () => {
    const drive = openDropbox(emulator, { clock });
    emulator.files.seed([{ path: '/Case/readme.md', size: 5 }]);
    const home = { path: parsePath('/Case') };
    const file = (await drive.stat({ path: parsePath('/Case/readme.md') })) as Entry;
    const renamed = await drive.move(file, home, 'README.md');
    expect(renamed).toMatchObject({ name: 'README.md', id: file.id });
    expect((await listed(drive, home)).map(({ name }) => name)).toEqual(['README.md']);
  });

  test('parents in the wrong case take the case of their own entry', async () => {
    const sloppy = await startDropboxEmulator({ behaviour: { miscasedParents: true } });
    try {
      const drive = openDropbox(sloppy, { clock });
      const home = await drive.createFolder({ path: rootPath }, 'Linked');
      await drive.createFolder(home, 'Photos');
      sloppy.files.seed([{ path: '/linked/PHOTOS/a.jpg', size: 1 }]);
      expect((await listed(drive, home)).map(({ path }) => path)).toEqual(['/Linked/Photos', '/Linked/Photos/a.jpg']);
    } finally {
      await sloppy.close();
    }
  });

  test('two walks of one folder never ask at the same time', async () => {
    emulator.files.seed(Array.from({ length: 50 }, (_, index) => ({ path: `/Twice/${index}.txt`, size: 1 })));
    const drive = openDropbox(emulator, { clock });
    await drive.account();
    emulator.requests.reset();
    const home = { path: parsePath('/Twice') };
    await Promise.all(Array.from({ length: 5 }, () => all(drive.changes(home, undefined))));
    expect(emulator.requests.peak).toBe(1);
  });

  test('documents without bytes are listed as not downloadable', async () => {
    emulator.files.seedExportOnly('/Paper/notes.paper');
    const [entry] = await listed(openDropbox(emulator, { clock }), { path: parsePath('/Paper') });
    expect(entry).toMatchObject({ type: 'file', downloadable: false });
    expect(entry && 'digest' in entry).toBe(false);
  });

  test('a long poll carries no token, and tells of changes', async () => {
    const drive = openDropbox(emulator, { clock });
    const home = await drive.createFolder({ path: rootPath }, 'Poll');
    const cursor = await drive.latestCursor(home);
    const waiting = drive.waitForChange(home, cursor, 40_000);
    emulator.files.seed([{ path: '/Poll/new.txt', size: 1 }]);
    expect(await waiting).toBe(true);
  });
});

describe('waiting for changes', () => {
  const polling = (
    answers: readonly { status?: number; json: unknown }[],
    time = createVirtualClock({ auto: true }),
  ) => {
    const http = scriptedHttp((_, index) => answers[index] ?? { json: { changes: false } });
    return { http, time, drive: createDropboxDrive({ http, clock: time }) };
  };

  test('is anonymous, and asks for no longer than it may', async () => {
    const { http, drive } = polling([{ json: { changes: false } }, { json: { changes: true } }]);
    expect(await drive.waitForChange(folder, 'c', 100_000)).toBe(false);
    expect(await drive.waitForChange(folder, 'c', 3_600_000)).toBe(true);
    expect(http.seen.map(({ body }) => JSON.parse(body))).toEqual([
      { cursor: 'c', timeout: 100 },
      { cursor: 'c', timeout: 480 },
    ]);
    expect(http.seen.map(({ request }) => [request.anonymous, request.timeoutMs])).toEqual([
      [true, 100_000],
      [true, 3_600_000],
    ]);
  });

  test('a time shorter than Dropbox knows ends by itself', async () => {
    const silent = { send: () => Promise.reject(new DossierError('timeout')) };
    expect(await createDropboxDrive({ http: silent, clock }).waitForChange(folder, 'c', 1000)).toBe(false);
  });

  test('the pause that Dropbox asks for is kept', async () => {
    const { http, drive, time } = polling([{ json: { changes: true, backoff: 60 } }]);
    await drive.waitForChange(folder, 'c', 300_000);
    await drive.waitForChange(folder, 'c', 300_000);
    expect(time.slept).toBe(60_000);
    expect(JSON.parse(http.seen[1]?.body ?? '')).toEqual({ cursor: 'c', timeout: 240 });
  });

  test('a cursor that is too old means that something changed', async () => {
    const { drive } = polling([{ status: 409, json: { error_summary: 'reset/', error: { '.tag': 'reset' } } }]);
    expect(await drive.waitForChange(folder, 'c', 60_000)).toBe(true);
  });
});

describe('a team that moves its root', () => {
  test('one question about the account; a root that moved is learned from the refusal', async () => {
    const emulator = await startDropboxEmulator({
      accounts: [{ name: 'Grace Hopper', email: 'grace@example.com', kind: 'business' }],
    });
    try {
      const drive = openDropbox(emulator, { clock });
      const [home] = (await all(drive.list({ path: rootPath }))).flat();
      expect(home?.name).toBe('Grace Hopper');
      await drive.createFolder(home as Entry, 'one');
      expect(emulator.requests.count('users/get_current_account')).toBe(1);
      emulator.namespaces.replaceTeamRoot();
      emulator.requests.reset();
      await drive.createFolder(home as Entry, 'two');
      expect(emulator.requests.list.map(({ status }) => status)).toEqual([422, 200, 200]);
    } finally {
      await emulator.close();
    }
  });
});

describe('hostile listings', () => {
  const file = (path: string, changes: object = {}) => ({
    '.tag': 'file',
    name: path.slice(path.lastIndexOf('/') + 1),
    path_display: path,
    path_lower: path.toLowerCase(),
    id: 'id:a',
    rev: '0123456789',
    size: 1,
    server_modified: '2026-01-01T00:00:00Z',
    content_hash: 'a'.repeat(64),
    ...changes,
  });
  const listing = (entries: readonly unknown[], page: object = {}) => {
    const http = scriptedHttp(({ route }) => ({
      json:
        route === 'users/get_current_account'
          ? { account_id: 'dbid:1' }
          : { entries, cursor: 'c', has_more: false, ...page },
    }));
    return listed(createDropboxDrive({ http, clock }), folder);
  };

  test('an honest one', async () => {
    expect(await listing([file('/Linked/a.txt')])).toMatchObject([{ path: '/Linked/a.txt', name: 'a.txt' }]);
  });

  test.each<[string, unknown]>([
    ['a path outside the folder', file('/Other/a.txt')],
    ['a sibling with the same beginning', file('/Linked too/a.txt')],
    ['a way out', file('/Linked/../a.txt')],
    ['a name that is a path', file('/Linked/a.txt', { name: '../../a.txt' })],
    ['a name with NUL', file('/Linked/a.txt', { name: 'a\0.txt' })],
    ['a relative path', file('Linked/a.txt')],
    ['no path', file('/Linked/a.txt', { path_display: undefined, path_lower: undefined })],
    ['an id that is none', file('/Linked/a.txt', { id: 'id:a/../b' })],
    ['a negative size', file('/Linked/a.txt', { size: -1 })],
    ['a size that is text', file('/Linked/a.txt', { size: '1' })],
    ['a time that is none', file('/Linked/a.txt', { server_modified: 'yesterday' })],
    ['a hash that is none', file('/Linked/a.txt', { content_hash: 'a'.repeat(63) })],
    ['another tag', file('/Linked/a.txt', { '.tag': 'device' })],
    ['a deleted path outside', { '.tag': 'deleted', name: 'a', path_display: '/Other/a', path_lower: '/other/a' }],
    ['null', null],
  ])('%s is invalid-response', async (_, entry) => {
    await expect(listing([file('/Linked/fine.txt'), entry])).rejects.toMatchObject({ code: 'invalid-response' });
  });

  test('a listing that never ends comes to an end', async () => {
    await expect(listing([], { has_more: true })).rejects.toMatchObject({ code: 'invalid-response' });
    let page = 0;
    const http = scriptedHttp(({ route }) => ({
      json:
        route === 'users/get_current_account'
          ? { account_id: 'dbid:1' }
          : { entries: [], cursor: `c${(page += 1)}`, has_more: true },
    }));
    await expect(listed(createDropboxDrive({ http, clock }), folder)).rejects.toMatchObject({
      code: 'invalid-response',
    });
  });

  test('an answer larger than any is not held in memory', async () => {
    const flood = async function* () {
      for (;;) yield new Uint8Array(1024 * 1024).fill(32);
    };
    const drive = createDropboxDrive({
      http: { send: async () => ({ status: 200, headers: {}, body: flood() }) },
      clock,
    });
    await expect(drive.account()).rejects.toMatchObject({ code: 'invalid-response' });
  });

  test('ids of another service are refused before anything is sent', async () => {
    const http = scriptedHttp(() => ({ json: {} }));
    const drive = createDropboxDrive({ http, clock });
    for (const id of ['oc:7', 'id:x/../../y', 'id:'])
      await expect(drive.stat({ path: '/a' as DrivePath, id })).rejects.toMatchObject({ code: 'invalid-input' });
    expect(http.seen).toEqual([]);
  });

  test('names travel as ASCII, whatever they are', async () => {
    const http = scriptedHttp(({ route }) => ({
      json: route === 'users/get_current_account' ? { account_id: 'dbid:1' } : {},
    }));
    const drive = createDropboxDrive({ http, clock });
    await all(drive.read({ path: parsePath('/é😀\u007f"\\ü') })).catch(() => undefined);
    const argument = http.seen.at(-1)?.request.headers?.['Dropbox-API-Arg'] ?? '';
    expect(argument).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(argument)).toEqual({ path: '/é😀\u007f"\\ü' });
  });
});
