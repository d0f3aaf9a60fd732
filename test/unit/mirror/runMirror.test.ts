import { beforeEach, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { DossierError } from '../../../shared/core/errors.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { parentOf, parsePath, rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { ensureFolder } from '../../../shared/drive/ensureFolder.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/drives/memory/index.ts';
import { forgetMirror, putConflictsAway, readStatus } from '../../../shared/mirror/memory.ts';
import {
  type MirrorContext,
  type MirroredVersion,
  type MirrorJob,
  type MirrorPorts,
  type MirrorResult,
  type MirrorRules,
  usualRules,
} from '../../../shared/mirror/mirror.ts';
import { planMirror, runMirror } from '../../../shared/mirror/runMirror.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';

let now: number;
let source: Drive;
let destination: Drive;
let ports: MirrorPorts;
let results: MirrorResult[];

beforeEach(() => {
  now = Date.UTC(2026, 10, 29, 12);
  source = createMemoryDrive(createMemoryStorage(() => (now += 1000)));
  const there = createMemoryDrive(createMemoryStorage(() => (now += 1000)));
  destination = { ...there, account: async () => ({ id: 'there', label: 'there' }) };
  ports = { store: createMemoryState(), clock: { ...nodeClock, now: () => now }, holder: 'one' };
  results = [];
});

const job = (rules: Partial<MirrorRules> = {}): MirrorJob => ({
  id: 'm',
  source: { drive: source, folder: rootPath },
  destination: { drive: destination, folder: parsePath('/Backup') },
  rules: { ...usualRules, ...rules },
});
const run = (rules?: Partial<MirrorRules>, context: MirrorContext = {}) =>
  runMirror(job(rules), ports, { ...context, onResult: (result) => void results.push(result) });

async function write(drive: Drive, path: string, content: string): Promise<void> {
  const at = parsePath(path);
  const folder = await ensureFolder(drive, parentOf(at));
  const there = await drive.stat({ path: at });
  const bytes = new TextEncoder().encode(content);
  const replace = there?.type === 'file' ? { replace: there.revision } : {};
  await drive.upload({ folder, name: at.slice(at.lastIndexOf('/') + 1), ...replace }, bytes, digestsOf(bytes));
}

async function tree(drive: Drive, folder = '/'): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const page of drive.list({ path: parsePath(folder) }, { recursive: true }))
    for (const entry of page) {
      if (entry.type === 'folder') found[`${entry.path}/`] = '';
      else {
        const parts: Uint8Array[] = [];
        for await (const part of drive.read(entry)) parts.push(part);
        found[entry.path] = Buffer.concat(parts).toString();
      }
    }
  return found;
}

const files = async (drive: Drive) =>
  Object.fromEntries(Object.entries(await tree(drive)).filter(([path]) => !path.endsWith('/')));

test('a first run brings everything over, empty folders too, and a second one sends nothing', async () => {
  await write(source, '/a.txt', 'one');
  await write(source, '/deep/b.txt', 'two');
  await source.createFolder({ path: rootPath }, 'Empty');
  const plan = await planMirror(job(), ports);
  expect(plan).toMatchObject({ bytes: 6, removals: 0, unchanged: 0 });
  expect(await destination.stat({ path: parsePath('/Backup') })).toBeUndefined();
  expect(await run()).toMatchObject({ ending: 'done', sent: 2, bytes: 6, unchanged: 0, conflicts: 0 });
  expect(await tree(destination, '/Backup')).toEqual({
    '/Backup/Empty/': '',
    '/Backup/a.txt': 'one',
    '/Backup/deep/': '',
    '/Backup/deep/b.txt': 'two',
  });
  expect(await run()).toMatchObject({ ending: 'done', sent: 0, bytes: 0, unchanged: 2 });
});

test('patterns and sizes leave files out, and nothing is removed for a pattern that is new', async () => {
  await write(source, '/a.log', 'x');
  await write(source, '/kept.log', 'x');
  await write(source, '/build/out.txt', 'x');
  await write(source, '/large.bin', 'much too large');
  await write(source, '/a.txt', 'one');
  const ignore = ['*.log', '!kept.log', '/build/'];
  expect(await run({ ignore, largest: 5 })).toMatchObject({ sent: 2, ignored: 3 });
  expect(Object.keys(await files(destination))).toEqual(['/Backup/a.txt', '/Backup/kept.log']);
  const later = await run({ ignore: ['*.log', '*.txt'], largest: 5, deletions: 'delete' }, { mostRemovals: 9 });
  expect(later).toMatchObject({ removed: 0, failed: 0 });
  expect(Object.keys(await files(destination))).toContain('/Backup/a.txt');
});

test('a file that was renamed is moved and not sent again', async () => {
  await write(source, '/a.txt', 'a long content that nobody wants to send twice');
  await run();
  await source.move({ path: parsePath('/a.txt') }, await source.createFolder({ path: rootPath }, 'New'), 'b.txt');
  expect(await run({ deletions: 'delete' })).toMatchObject({ sent: 0, moved: 1, bytes: 0, removed: 0 });
  expect(Object.keys(await files(destination))).toEqual(['/Backup/New/b.txt']);
  expect(await run({ deletions: 'delete' })).toMatchObject({ unchanged: 1, moved: 0 });
});

test('a file that was removed is archived under its day, with its folders', async () => {
  for (const name of ['a', 'b', 'c']) await write(source, `/x/${name}.txt`, name);
  await run();
  await source.remove({ path: parsePath('/x/a.txt') });
  expect(await run({ deletions: 'archive', archive: 'Old/Files' })).toMatchObject({ archived: 1 });
  expect(Object.keys(await files(destination))).toContain('/Backup/Old/Files/2026-11-29/x/a.txt');
});

test('a run that would delete more than half does nothing until the number is confirmed', async () => {
  for (const name of ['a', 'b', 'c']) await write(source, `/${name}.txt`, name);
  await run();
  for (const name of ['a', 'b']) await source.remove({ path: parsePath(`/${name}.txt`) });
  await write(source, '/new.txt', 'new');
  expect(await run({ deletions: 'delete' })).toMatchObject({
    ending: 'confirmation',
    removals: 2,
    removed: 0,
    sent: 0,
  });
  expect(Object.keys(await files(destination))).toHaveLength(3);
  expect(await run({ deletions: 'delete' }, { mostRemovals: 1 })).toMatchObject({ ending: 'confirmation' });
  expect(await run({ deletions: 'delete' }, { mostRemovals: 2 })).toMatchObject({
    ending: 'done',
    removed: 2,
    sent: 1,
  });
  expect(await files(destination)).toEqual({ '/Backup/c.txt': 'c', '/Backup/new.txt': 'new' });
});

test('what was changed at the destination gets another name, and is listed until it is put away', async () => {
  await write(source, '/plan.txt', 'ours');
  await run();
  await write(destination, '/Backup/plan.txt', 'theirs');
  await write(destination, '/Backup/foreign.txt', 'alone');
  await write(source, '/plan.txt', 'ours again');
  expect(await run()).toMatchObject({ ending: 'done', sent: 1, conflicts: 1 });
  const kept = '/plan (destination 2026-11-29).txt';
  expect(await files(destination)).toEqual({
    '/Backup/plan.txt': 'ours again',
    [`/Backup${kept}`]: 'theirs',
    '/Backup/foreign.txt': 'alone',
  });
  const { conflicts, last } = await readStatus(ports.store, 'm');
  expect(conflicts).toMatchObject([{ place: '/plan.txt', keptAt: kept, reason: 'changed at the destination' }]);
  expect(last).toMatchObject({ conflicts: 1, sent: 1 });
  await putConflictsAway(ports.store, conflicts);
  expect((await readStatus(ports.store, 'm')).conflicts).toEqual([]);
});

test('the rule stop does nothing at all before a person has looked', async () => {
  await write(source, '/plan.txt', 'ours');
  await run();
  await write(destination, '/Backup/plan.txt', 'theirs');
  await write(source, '/new.txt', 'new');
  expect(await run({ conflicts: 'stop' })).toMatchObject({ ending: 'conflicts', sent: 0, conflicts: 1 });
  expect(await files(destination)).toEqual({ '/Backup/plan.txt': 'theirs' });
  expect(await run({ conflicts: 'overwrite' })).toMatchObject({ ending: 'done', sent: 2, conflicts: 1 });
  expect((await files(destination))['/Backup/plan.txt']).toBe('ours');
});

test('a listing that is not complete deletes nothing of what it may not have told', async () => {
  await write(source, '/x/a.txt', 'a');
  await write(source, '/x/b.txt', 'b');
  await write(source, '/y.txt', 'y');
  await run();
  const error = new DossierError('forbidden');
  const half: Drive = {
    ...source,
    async *list(folder, options, context) {
      options?.onUnreadable?.({ path: parsePath('/x'), error });
      for await (const page of source.list(folder, options, context))
        yield page.filter(({ path }) => !path.startsWith('/x/'));
    },
  };
  const rules = { ...usualRules, deletions: 'delete' } as const;
  const summary = await runMirror({ ...job(), source: { drive: half, folder: rootPath }, rules }, ports);
  expect(summary).toMatchObject({ ending: 'done', removed: 0, failed: 2, removals: 0 });
  expect(Object.keys(await files(destination))).toHaveLength(3);
});

test('what could never be read is told as left out, unless the rules leave it out anyway', async () => {
  await write(source, '/a.txt', 'a');
  const closed = new DossierError('forbidden', 'Access was refused by the system');
  const half: Drive = {
    ...source,
    async *list(folder, options, context) {
      options?.onUnreadable?.({ path: parsePath('/closed'), error: closed });
      options?.onUnreadable?.({ path: parsePath('/cache'), error: closed });
      options?.onUnreadable?.({ path: rootPath, spelling: 'a\ufffd', error: new DossierError('invalid-path') });
      // It is seen from outside, and made at the destination.
      yield [{ type: 'folder', path: parsePath('/closed'), name: 'closed' }];
      yield* source.list(folder, options, context);
    },
  };
  const wanted = { ...job({ ignore: ['cache/'] }), source: { drive: half, folder: rootPath } };
  const summary = await runMirror(wanted, ports, { onResult: (result) => void results.push(result) });
  expect(summary).toMatchObject({ ending: 'done', sent: 1, failed: 2 });
  expect(results.filter(({ ok }) => !ok).map(({ place, reason, error }) => [place, reason, error?.code])).toEqual([
    ['/closed', 'cannot be read', 'forbidden'],
    ['/', 'cannot be read', 'invalid-path'],
    ['/closed', 'cannot be read', 'forbidden'],
  ]);
});

test("somebody else's file where a folder is needed stops the rule stop, and else is kept and told", async () => {
  await write(source, '/notes/a.txt', 'a');
  await write(destination, '/Backup/notes', 'theirs');
  expect(await run({ conflicts: 'stop' })).toMatchObject({ ending: 'conflicts', conflicts: 1, sent: 0 });
  expect(await files(destination)).toEqual({ '/Backup/notes': 'theirs' });
  results = [];
  expect(await run()).toMatchObject({ ending: 'done', conflicts: 1, sent: 1, failed: 0 });
  const kept = '/notes (destination 2026-11-29)';
  expect(await files(destination)).toEqual({ [`/Backup${kept}`]: 'theirs', '/Backup/notes/a.txt': 'a' });
  const last = new Map(results.map((result) => [result.place as string, result]));
  expect(last.get('/notes')).toMatchObject({ ok: true, keptAt: kept, reason: 'not made by the mirror' });
  expect((await readStatus(ports.store, 'm')).conflicts).toContainEqual(
    expect.objectContaining({ place: '/notes', keptAt: kept }),
  );
});

test('a file that was changed there and became a folder here is kept, and told once', async () => {
  await write(source, '/notes', 'ours');
  await run();
  await write(destination, '/Backup/notes', 'theirs');
  await source.remove({ path: parsePath('/notes') });
  await write(source, '/notes/a.txt', 'a');
  expect(await run({ conflicts: 'stop' })).toMatchObject({ ending: 'conflicts', conflicts: 1 });
  now += 1000;
  expect(await run()).toMatchObject({ ending: 'done', conflicts: 1, sent: 1, failed: 0 });
  const kept = '/notes (destination 2026-11-29)';
  expect(await files(destination)).toEqual({ [`/Backup${kept}`]: 'theirs', '/Backup/notes/a.txt': 'a' });
  expect((await readStatus(ports.store, 'm')).conflicts).toContainEqual(
    expect.objectContaining({ place: '/notes', keptAt: kept }),
  );
});

test('the last result of a file tells where what stood in its way lies now', async () => {
  await write(source, '/plan.txt', 'ours');
  await run();
  await write(destination, '/Backup/plan.txt', 'theirs');
  await write(source, '/plan.txt', 'ours again');
  results = [];
  await run();
  expect(results.at(-1)).toMatchObject({
    place: '/plan.txt',
    keptAt: '/plan (destination 2026-11-29).txt',
    digests: expect.anything(),
  });
});

test('a file beside a folder of the same name but for its case is left, and nothing changes places run by run', async () => {
  destination = { ...destination, capabilities: { ...destination.capabilities, caseSensitive: false } };
  await write(source, '/build', 'a file');
  await write(source, '/Build/out.txt', 'out');
  for (const sent of [1, 0, 0]) {
    results = [];
    expect(await run({ deletions: 'delete' })).toMatchObject({ ending: 'done', sent, conflicts: 0, failed: 1 });
    expect(results.filter(({ ok }) => !ok)).toMatchObject([{ place: '/build', error: { code: 'already-exists' } }]);
    expect(await files(destination)).toEqual({ '/Backup/Build/out.txt': 'out' });
  }
});

test('a run whose mirror is forgotten ends, and leaves nothing of it behind', async () => {
  await write(source, '/a.txt', 'one');
  const forgetting: Drive = {
    ...destination,
    async upload(...given) {
      await forgetMirror(ports.store, 'm');
      return destination.upload(...given);
    },
  };
  const wanted = { ...job(), destination: { drive: forgetting, folder: parsePath('/Backup') } };
  await expect(runMirror(wanted, ports)).rejects.toMatchObject({ code: 'lease-lost' });
  expect(await ports.store.list('')).toEqual([]);
});

test('a source that is gone is no empty source', async () => {
  await write(source, '/x/a.txt', 'a');
  const from = { drive: source, folder: parsePath('/x') };
  await runMirror({ ...job(), source: from }, ports);
  await source.remove({ path: parsePath('/x') });
  const gone = await runMirror({ ...job({ deletions: 'delete' }), source: from }, ports, { mostRemovals: 9 });
  expect(gone).toMatchObject({ ending: 'error', error: { code: 'not-found' } });
  expect(Object.keys(await files(destination))).toEqual(['/Backup/a.txt']);
});

test('two runs at once: the second is told that the mirror is busy', async () => {
  await write(source, '/a.txt', 'one');
  const [first, second] = await Promise.allSettled([run(), runMirror(job(), { ...ports, holder: 'two' })]);
  expect([first, second].map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const failed = [first, second].find((each) => each.status === 'rejected') as PromiseRejectedResult;
  expect(failed.reason).toMatchObject({ code: 'locked' });
});

test('a mirror into itself is refused', async () => {
  const inside = { ...job(), destination: { drive: source, folder: parsePath('/Backup') } };
  await expect(runMirror(inside, ports)).rejects.toMatchObject({ code: 'invalid-input' });
  await expect(planMirror(inside, ports)).rejects.toMatchObject({ code: 'invalid-input' });
});

test('each sent version is told to the ledger, again where it may not have heard of it', async () => {
  await write(source, '/a.txt', 'one');
  const told: MirroredVersion[] = [];
  let deaf = true;
  ports = {
    ...ports,
    async record(versions) {
      if (deaf) throw new DossierError('offline');
      told.push(...versions);
    },
  };
  expect(await run()).toMatchObject({ ending: 'error', error: { code: 'offline' } });
  deaf = false;
  expect(await run()).toMatchObject({ ending: 'done', unchanged: 1 });
  expect(told).toMatchObject([{ path: '/Backup/a.txt', size: 3 }]);
  await write(source, '/a.txt', 'two');
  await run();
  await run();
  expect(told).toHaveLength(2);
});

test('a name that changed only in case keeps its copy where it is', async () => {
  await write(source, '/Note.txt', 'one');
  await run();
  await source.move({ path: parsePath('/Note.txt') }, { path: rootPath }, 'note.txt');
  expect(await run({ deletions: 'delete' })).toMatchObject({ ending: 'done', failed: 0, conflicts: 0, removed: 0 });
  expect(Object.values(await files(destination))).toEqual(['one']);
});
