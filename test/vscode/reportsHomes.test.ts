import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import { createConnectionStore } from '../../extension/src/model/connections/connectionStore.ts';
import { attachmentOf, copied, createFileSources, uncopied } from '../../extension/src/model/files/fileSources.ts';
import { createReportStore } from '../../extension/src/model/reports/reportStore.ts';
import { createDriveStores } from '../../extension/src/model/storage/driveStore.ts';
import { createLocalWorkspace } from '../../extension/src/model/storage/localWorkspace.ts';
import { createReportHomes } from '../../extension/src/model/storage/reportHomes.ts';
import { createVaultKeeper } from '../../extension/src/model/storage/vaultKeeper.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import {
  type Attachment,
  createKey,
  newReport,
  parseConnection,
  parsePath,
  readBytes,
  type WorkspaceSettings,
} from '../../shared/index.ts';
import { silentLog } from '../../shared/testing.ts';

vi.mock('vscode', () => import('./editorStub.ts'));

let folder: string;
const open: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-homes-'));
  await mkdir(join(folder, 'drive'));
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  // Stores that were just left still write that they were.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

/** Milliseconds that have passed on every computer beyond the real ones. */
let passed = 0;
const clock = { ...nodeClock, now: () => nodeClock.now() + passed };

/** Dossier in one editor, as `extension.ts` puts it together, with a drive that all computers reach. */
async function computer(name: string, key: string, reportsIn: string | undefined, id = `drive-of-${name}`) {
  const kept = new Map([['dossierKey', key]]);
  const secrets = {
    get: async (field: string) => kept.get(field),
    store: async (field: string, value: string) => void kept.set(field, value),
  } as unknown as vscode.SecretStorage;
  const home = join(folder, name);
  const vault = createVaultKeeper(home, secrets);
  const connections = createConnectionStore(vault.state);
  const settings: WorkspaceSettings = {
    clock,
    random: (length) => new Uint8Array(randomBytes(length)),
    otherSources: { file: createFileSources(nodeFiles) },
  };
  const driveStores = createDriveStores({ connections, vault, settings });
  const local = createLocalWorkspace({ ...settings, vault, files: nodeFiles, root: home });
  const homes = createReportHomes({ local, connections, driveStores, settings });
  const reports = createReportStore({ homes, connections, clock, log: silentLog });
  open.push(
    () => vault.dispose(),
    () => reports.dispose(),
    () => driveStores.close(),
  );
  const connection = parseConnection({ kind: 'localFolder', id, name, root: join(folder, 'drive') });
  const share = (place: string | undefined) =>
    connections.save(place === undefined ? connection : { ...connection, reportsIn: parsePath(place) });
  await share(reportsIn);
  let now = 1_700_000_000_000;
  const draft = (title: string, attachments: Attachment[] = []) =>
    newReport({ title, description: '', attachments }, { id: reports.begin(), connection: connection.id, now: ++now });
  return { vault, connections, driveStores, homes, reports, connection, share, draft, now: () => ++now };
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const text = async (bytes: AsyncIterable<Uint8Array>) => new TextDecoder().decode(await readBytes(bytes, 1_000_000));

describe('where reports are kept', () => {
  test('a draft on the drive is listed, continued and kept apart by connection on another computer', async () => {
    const key = createKey();
    const [anna, ben] = [await computer('anna', key, '/'), await computer('ben', key, '/')];
    const saved = await anna.reports.save(anna.draft('Weir'), undefined, anna.now());
    expect(saved.home).toBe(anna.connection.id);
    await ben.reports.refresh();
    const [theirs] = (await ben.reports.list()).reports;
    expect(theirs).toMatchObject({ home: ben.connection.id, report: { title: 'Weir', connection: ben.connection.id } });
    await ben.reports.save({ ...theirs!.report, title: 'Weir, open' }, theirs, ben.now());
    expect(await anna.reports.read(saved.report.id)).toMatchObject({
      report: { title: 'Weir, open', connection: anna.connection.id },
    });
  });

  test('two who edit one draft: the second is told, and keeps what it wrote as another one', async () => {
    const key = createKey();
    const [anna, ben] = [await computer('anna', key, '/'), await computer('ben', key, '/')];
    const base = await anna.reports.save(anna.draft('Weir'), undefined, anna.now());
    const seen = (await ben.reports.read(base.report.id))!;
    await anna.reports.save({ ...base.report, description: 'by Anna' }, base, anna.now());
    const mine = { ...seen.report, description: 'by Ben' };
    await expect(ben.reports.save(mine, seen, ben.now())).rejects.toMatchObject({ code: 'revision-conflict' });
    await ben.reports.fork(mine, seen, ben.now());
    await anna.reports.refresh();
    expect((await anna.reports.list()).reports.map(({ report }) => report.description).sort()).toEqual([
      'by Anna',
      'by Ben',
    ]);
  });

  test('a draft moves with its copies when its connection keeps reports elsewhere', async () => {
    const anna = await computer('anna', createKey(), undefined);
    const attachment = await attachmentOf(nodeFiles, await file('photo.txt', 'the photo'));
    const copy = copied(attachment, await anna.homes.here.copies.keep(await anna.homes.here.sources.open(attachment)));
    const local = await anna.reports.save(anna.draft('Weir', [copy]), undefined, anna.now());
    expect(local.home).toBe('');
    await rm(join(folder, 'photo.txt'));

    await anna.share('/');
    const away = await anna.reports.save(local.report, local, anna.now());
    expect(away.home).toBe(anna.connection.id);
    expect(await anna.homes.here.reports.list()).toMatchObject({ reports: [] });
    await expect(anna.homes.here.copies.open(copy)).rejects.toMatchObject({ code: 'source-missing' });
    const carried = away.report.attachments[0]!;
    expect(await text((await anna.homes.byId(away.home).sources.open(carried)).open())).toBe('the photo');
    expect((await anna.reports.list()).reports).toHaveLength(1);
  });

  test('a draft that somebody changed while it was to move stays where it was, in their version', async () => {
    const anna = await computer('anna', createKey(), undefined);
    const local = await anna.reports.save(anna.draft('Weir'), undefined, anna.now());
    await anna.reports.save({ ...local.report, title: 'Weir, newer' }, local, anna.now());
    await anna.share('/');
    await expect(anna.reports.save(local.report, local, anna.now())).rejects.toMatchObject({
      code: 'revision-conflict',
    });
    await anna.reports.refresh();
    expect((await anna.reports.list()).reports).toMatchObject([{ home: '', report: { title: 'Weir, newer' } }]);
  });

  test('a report that was cut off on its way is listed once', async () => {
    const anna = await computer('anna', createKey(), undefined);
    const local = await anna.reports.save(anna.draft('Weir'), undefined, anna.now());
    await anna.share('/');
    await anna.homes
      .of((await anna.connections.list())[0]!)
      .reports.save({ ...local.report, title: 'Weir, moved' }, 0, local.report.modified + 1);
    await anna.reports.refresh();
    expect((await anna.reports.list()).reports).toMatchObject([{ report: { title: 'Weir, moved' } }]);
  });

  test('a store of another key is left alone, opens with that key, and the rest goes on', async () => {
    const theirs = createKey();
    const ben = await computer('ben', theirs, '/');
    await ben.reports.save(ben.draft('Of Ben'), undefined, ben.now());
    const anna = await computer('anna', createKey(), '/');
    expect(await anna.reports.refresh()).toMatchObject([{ code: 'vault-locked' }]);
    expect(anna.reports.standing(anna.connection.id)).toMatchObject({ code: 'vault-locked' });
    await expect(anna.reports.save(anna.draft('Of Anna'), undefined, anna.now())).rejects.toMatchObject({
      code: 'vault-locked',
    });
    expect(await anna.driveStores.find(anna.connection.id)).toBeUndefined();
    expect(await anna.driveStores.places(anna.connection)).toEqual(['/']);
    expect([
      await anna.driveStores.accepts(anna.connection.id, parsePath('/'), createKey()),
      await anna.driveStores.accepts(anna.connection.id, parsePath('/'), theirs),
    ]).toEqual([false, true]);
    await anna.connections.save({ ...anna.connection, reportsIn: parsePath('/') }, { storeKey: theirs });
    expect(await anna.reports.refresh()).toEqual([]);
    expect((await anna.reports.list()).reports).toMatchObject([{ report: { title: 'Of Ben' } }]);
  });

  test('what was read stays listed while the drive is away, and the reason is told', async () => {
    const anna = await computer('anna', createKey(), '/');
    const saved = await anna.reports.save(anna.draft('Weir'), undefined, anna.now());
    await rm(join(folder, 'drive'), { recursive: true });
    await writeFile(join(folder, 'drive'), 'not a folder');
    // What was read a moment ago still counts; later the drive is looked at.
    passed += 1_000;
    expect(await anna.reports.refresh()).toHaveLength(1);
    expect(anna.reports.standing(anna.connection.id)).toBeInstanceOf(Error);
    expect((await anna.reports.list()).reports).toMatchObject([{ report: { title: 'Weir' } }]);
    await expect(anna.reports.read(saved.report.id)).rejects.toBeInstanceOf(Error);
    expect(await anna.reports.read(anna.reports.begin())).toBeUndefined();
  });

  test('the original takes the place of its copy only while it is what was copied', async () => {
    const path = await file('notes.txt', 'as attached');
    const anna = await computer('anna', createKey(), undefined);
    const attachment = await attachmentOf(nodeFiles, path);
    const copy = copied(attachment, await anna.homes.here.copies.keep(await anna.homes.here.sources.open(attachment)));
    expect(await uncopied(nodeFiles, copy)).toEqual(attachment);
    await writeFile(path, 'changed since');
    await expect(uncopied(nodeFiles, copy)).rejects.toMatchObject({ code: 'source-changed' });
    await rm(path);
    await expect(uncopied(nodeFiles, copy)).rejects.toMatchObject({ code: 'source-missing' });
    expect(await text((await anna.homes.here.sources.open(copy)).open())).toBe('as attached');
  });
});
