import { expect, onTestFinished, test } from 'vitest';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { joinPath, parsePath, rootPath } from '../../../shared/core/paths.ts';
import { bytesSource } from '../../../shared/drive/source.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { createMemoryStorage } from '../../../shared/drives/memory/storage.ts';
import { recordReport } from '../../../shared/ledger/recordReport.ts';
import { newReport } from '../../../shared/report/model/report.ts';
import { createReportId } from '../../../shared/report/model/reportId.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { createKey, type DossierKey, parseKey } from '../../../shared/vault/key.ts';
import type { HeadMemory } from '../../../shared/workspace/headMemory.ts';
import { acceptsKey, holdsStore, opens, storesAround } from '../../../shared/workspace/places.ts';
import { createWorkspace, openWorkspace, type WorkspaceSettings } from '../../../shared/workspace/workspace.ts';
import { startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const folder = parsePath('/Desk');
const keyNamed = (name: string): DossierKey => parseKey(createKey((length) => seededBytes(length, name)));

/** One account that any number of processes open, each with a client and a memory of its own. */
function prepare() {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => clock.now());
  const client = () => createMemoryDrive(storage);
  const open = (key: DossierKey, settings: Partial<WorkspaceSettings> = {}) =>
    openWorkspace({
      drive: client(),
      folder,
      key,
      clock,
      random: (length) => seededBytes(length, 'workspace'),
      ...settings,
    });
  const report = (title: string) =>
    newReport(
      { title, description: '', attachments: [] },
      { id: createReportId(clock.now()), connection: 'c', now: 1 },
    );
  return { clock, storage, client, open, report };
}

function headMemory(): HeadMemory & { readonly notes: Map<string, string> } {
  const notes = new Map<string, string>();
  return {
    notes,
    seen: async (origin) => [notes.get(origin)].filter((note) => note !== undefined),
    remember: (origin, note) => void notes.set(origin, note),
  };
}

test('two processes with one key share reports, copies, the ledger and linked folders', async () => {
  const { client, open, report } = prepare();
  const [one, other] = [await open(keyNamed('a')), await open(keyNamed('a'))];
  const kept = await one.copies.keep(bytesSource(new TextEncoder().encode('copied')));
  const draft = report('Weir');
  await one.enter(draft, 0);
  await one.close();
  expect((await other.reports.list()).reports.map(({ report: { title } }) => title)).toEqual(['Weir']);
  expect((await other.sources.open({ id: 'x', name: 'x', mediaType: 'text/plain', ...kept })).size).toBe(6);
  expect(await other.ledger.find()).toBeUndefined();

  const drive = client();
  const linked = await drive.createFolder({ path: rootPath }, 'Linked');
  const content = new TextEncoder().encode('content');
  await drive.upload({ folder: linked, name: 'f' }, content, digestsOf(content));
  const folders = await other.linkedFolders(await other.ledger.begin(), drive);
  const link = await folders.link({ connection: 'c', folder: linked, hashPolicy: 'download', privacy: 'private' });
  expect(await folders.walk(link)).toMatchObject({ files: 1, recorded: 1 });
  expect(await folders.around({ path: joinPath(linked.path, 'below') })).toMatchObject({ id: link.id });
  await other.close();

  const third = await open(keyNamed('a'));
  const ledger = (await third.ledger.find())!;
  expect((await (await third.linkedFolders(ledger, client())).list()).map(({ id }) => id)).toEqual([link.id]);
  expect(await third.ledger.audit({ open: async () => undefined })).toMatchObject({ findings: [] });
});

test('a report goes from the outbox of a workspace into the drive and into its ledger', async () => {
  const { client, open, report } = prepare();
  const workspace = await open(keyNamed('a'));
  const drive = client();
  const root = await drive.createFolder({ path: rootPath }, 'Reports');
  const outbox = workspace.outbox({
    holder: 'test',
    open: async () => ({ drive, root, encoding: 'utf-8', append: workspace.ledger.append }),
  });
  const draft = report('Weir');
  await workspace.enter(draft, 0);
  expect(await outbox.send(draft.id, new AbortController().signal)).toMatchObject({ state: 'submitted' });
  expect(await (await workspace.ledger.find())!.log.head()).toMatchObject({ checkpoint: { size: 1 } });
});

test('another key opens nothing, and says so', async () => {
  const { client, clock, open, report } = prepare();
  const [drive, place] = [client(), { drive: client(), folder, clock }];
  await drive.createFolder({ path: rootPath }, 'Desk');
  expect([await holdsStore(drive, folder), await storesAround(drive, joinPath(folder, 'deep'))]).toEqual([false, []]);
  expect(await acceptsKey(place, keyNamed('a'))).toBe(true);
  expect(await acceptsKey(place, keyNamed('b'))).toBe(false);
  expect(await storesAround(drive, joinPath(folder, 'deep'))).toEqual([folder]);
  const other = await open(keyNamed('b'));
  expect(await opens(other.state)).toBe(false);
  await expect(other.enter(report('Weir'), 0)).rejects.toMatchObject({ code: 'vault-locked' });
});

test('the key that a ledger was changed to is found among those that the host knows', async () => {
  const { open } = prepare();
  const own = keyNamed('a');
  const first = await open(own);
  await first.ledger.begin();
  await first.ledger.changeKey(keyNamed('next'));
  await first.close();
  await expect((await open(own)).ledger.find()).rejects.toMatchObject({ code: 'vault-locked' });
  const knowing = await open(own, { ledgerKeys: async (key) => [key, keyNamed('next')] });
  expect(await knowing.ledger.find()).toBeDefined();
});

test('a head that a host remembers tells an older copy of the store', async () => {
  const { open } = prepare();
  const memory = headMemory();
  const settings = { headMemory: memory };
  const workspace = await open(keyNamed('a'), settings);
  const ledger = await workspace.ledger.begin();
  const report = (name: string) => ({
    report: name,
    manifest: { title: name },
    files: [{ digests: digestsOf(new TextEncoder().encode(name)) }],
  });
  await recordReport(ledger, report('one'));
  const before = await workspace.state.list('');
  await recordReport(ledger, report('two'));
  const head = await ledger.log.head();
  expect([...memory.notes.values()]).toEqual([head!.note]);

  const restored = createMemoryState();
  await restored.commit(before.map(({ key, value }) => ({ key, value, expectedVersion: 0 })));
  const older = createWorkspace({
    ...settings,
    state: restored,
    copies: workspace.copies,
    key: async () => keyNamed('a'),
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, 'workspace'),
  });
  await expect(
    older.ledger.find().then((found) => found!.log.append([]).then(() => found!.log.head())),
  ).rejects.toMatchObject({ code: 'ledger-broken' });
});

test('what a ledger needs and the sign-in lacks is told by name before anything is begun', async () => {
  const dropbox = await startDropboxEmulator();
  onTestFinished(() => dropbox.close());
  const scopes = ['account_info.read', 'files.metadata.read', 'files.content.write', 'files.content.read'];
  const openWith = (...given: string[]) =>
    openWorkspace({
      drive: openDropbox({ url: dropbox.url, token: dropbox.tokens.issue({ scopes: given }).accessToken }),
      folder,
      key: keyNamed('a'),
      clock: createVirtualClock({ auto: true }),
      random: (length) => seededBytes(length, 'permissions'),
    });
  for (const lacking of ['files.content.read', 'files.content.write']) {
    const workspace = await openWith(...scopes.filter((scope) => scope !== lacking));
    const refused = {
      code: 'forbidden',
      message: expect.stringContaining(`does not include the permission ${lacking}`),
    };
    await expect(workspace.ledger.ready()).rejects.toMatchObject(refused);
    await expect(workspace.ledger.begin()).rejects.toMatchObject(refused);
    expect(dropbox.files.list()).toEqual([]);
  }
  const whole = await openWith(...scopes);
  await whole.ledger.ready();
  expect(dropbox.files.list()).toEqual([]);
  await whole.ledger.begin();
  await whole.close();
  // What is there cannot be read either.
  await expect((await openWith(...scopes.slice(0, 3))).ledger.ready()).rejects.toMatchObject({ code: 'forbidden' });
});
