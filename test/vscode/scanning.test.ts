import { afterEach, expect, test, vi } from 'vitest';
import { createScanning, type Scanning } from '../../extension/src/links/scanning.ts';
import type { LinkedFolders } from '../../extension/src/model/links/linkedFolders.ts';
import type { LinkMarks } from '../../extension/src/model/links/linkMarks.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import type { Problems } from '../../extension/src/ui/problems.ts';
import { unlessCancelled } from '../../extension/src/ui/unlessCancelled.ts';
import {
  createEmbeddedLedger,
  DossierError,
  type Drive,
  type Ledger,
  ledgerName,
  parsePath,
  rootPath,
  type Unreadable,
  utf8,
} from '../../shared/index.ts';
import {
  createLinkStore,
  createLinks,
  createMemoryDrive,
  createMemoryState,
  digestsOf,
  silentLog,
  walkLink,
} from '../../shared/testing.ts';
import { createLinkedFolders } from '../../shared/workspace/linkedFolders.ts';
import { assetKey, openTestLog, testAccount } from '../support/linking.ts';

import { window, workspace } from './editorStub.ts';

vi.mock('vscode', () => import('./editorStub.ts'));

let scanning: Scanning | undefined;
afterEach(() => {
  scanning?.dispose();
  workspace.settings.clear();
});

/** A linked folder of three files, whose listing waits until it may go on. */
async function linkedFolder(unreadable: Unreadable[] = []) {
  const memory = createMemoryDrive();
  for (const name of ['a', 'b', 'c'])
    await memory.upload({ folder: { path: rootPath }, name }, utf8(name), digestsOf(utf8(name)));
  const listings: (string | undefined)[] = [];
  let goOn!: () => void;
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
  const drive: Drive = {
    ...memory,
    async *changes(folder, cursor, options) {
      listings.push(cursor);
      await unlessCancelled(mayGoOn, options?.signal);
      for await (const page of memory.changes(folder, cursor, options))
        yield unreadable.length > 0 ? { ...page, unreadable } : page;
    },
  };
  const store = createMemoryState();
  const log = openTestLog(store);
  const records = createEmbeddedLedger(log);
  const links = createLinks({ store, clock: nodeClock, assetKey });
  const states = () => createLinkStore(store, nodeClock);
  const link = await links.link(
    {
      connection: 'c',
      kind: drive.kind,
      account: testAccount,
      folder: { path: rootPath },
      ledger: ledgerName,
      hashPolicy: 'download',
      privacy: 'private',
    },
    records,
  );
  const bound = createLinkedFolders({
    drive,
    account: { id: testAccount, label: testAccount },
    states: states(),
    ledger: { log, store, assetKey } as Ledger,
    clock: nodeClock,
  });
  const reloads = vi.fn(async () => [link]);
  const folders = { within: (_, act) => act(bound), reload: reloads } as Partial<LinkedFolders> as LinkedFolders;
  const marks = { list: async () => [{ connection: 'c', scannedAt: 0 }], scanned: async () => undefined };
  scanning = createScanning({
    folders,
    publishing: { recorded: async () => undefined },
    marks: marks as Partial<LinkMarks> as LinkMarks,
    problems: { describe: String } as unknown as Problems,
    clock: nodeClock,
    log: silentLog,
  });
  /** Another window, on the drive itself. */
  const elsewhere = () =>
    walkLink({ id: link.id, links, states: states(), drive: memory, ledger: records, clock: nodeClock, assetKey });
  return { scanning, link, listings, goOn, elsewhere, reloads };
}

test('who joins a scan and cancels stops waiting, and the scan goes on for the others', async () => {
  const { scanning, link, goOn } = await linkedFolder();
  const first = scanning.scan('c', link);
  const cancel = new AbortController();
  const joined = scanning.scan('c', link, { signal: cancel.signal });
  const other = scanning.scan('c', link);
  cancel.abort();
  await expect(joined).rejects.toMatchObject({ code: 'cancelled' });
  goOn();
  expect(await first).toEqual({ files: 3, recorded: 3 });
  expect(await other).toEqual({ files: 3, recorded: 3 });
});

test('progress is told only of a scan whose end is told as well', async () => {
  const { scanning, link, goOn } = await linkedFolder();
  const told: (boolean | undefined)[] = [];
  const drawn = new Promise<void>((resolve) =>
    scanning.onDidProgress(() => {
      told.push(scanning.progress(link) !== undefined);
      resolve();
    }),
  );
  const scan = scanning.scan('c', link);
  // Whoever draws the tree for another reason sees nothing that would stay.
  expect(scanning.progress(link)).toBeUndefined();
  await drawn;
  goOn();
  await scan;
  expect(scanning.progress(link)).toBeUndefined();
  expect(told[0]).toBe(true);
});

test('a listing of everything is made although another scan was under way', async () => {
  const { scanning, link, listings, goOn } = await linkedFolder();
  goOn();
  await scanning.scan('c', link);
  const feed = scanning.scan('c', link);
  const sweep = scanning.scan('c', link, { sweep: true });
  expect(await feed).toEqual({ files: 0, recorded: 0 });
  expect(await sweep).toEqual({ files: 3, recorded: 0 });
  expect(listings.map((cursor) => cursor === undefined)).toEqual([true, false, true]);
});

test('whoever has just linked a folder hears what the own scan recorded, however often a round comes by', async () => {
  const { scanning, link, listings, goOn, reloads } = await linkedFolder();
  workspace.settings.set('linkedFolders.scanMinutes', 0.0001);
  goOn();
  const own = await scanning.leaveTo('c', async () => {
    scanning.start();
    await vi.waitFor(() => expect(reloads.mock.calls.length).toBeGreaterThan(2));
    expect(listings).toEqual([]);
    return scanning.scan('c', link);
  });
  expect(own).toEqual({ files: 3, recorded: 3 });
  // From then on the rounds look through it again.
  await vi.waitFor(() => expect(listings.length).toBeGreaterThan(1));
});

test('a window that closes gives its scans to others at once', async () => {
  const { scanning, link, listings, elsewhere } = await linkedFolder();
  const cut = scanning.scan('c', link);
  const told = expect(cut).rejects.toMatchObject({ code: 'cancelled' });
  await vi.waitFor(() => expect(listings).toHaveLength(1));
  await scanning.leave();
  await told;
  // The hold of a window that died would last longer than this test may.
  expect(await elsewhere()).toEqual({ files: 3, recorded: 3 });
}, 20_000);

test('what a scan could not read is shown at its folder, logged, and told once', async () => {
  const error = new DossierError('server-error', 'The server answered 503');
  const unreadable = [{ path: parsePath('/mount'), error }];
  const { scanning, link, goOn } = await linkedFolder(unreadable);
  window.messages.length = 0;
  goOn();
  expect(await scanning.scan('c', link)).toMatchObject({ recorded: 3, unread: [{ path: '/mount' }] });
  expect(scanning.problem(link)).toBeUndefined();
  expect(scanning.unread(link)).toMatchObject([{ path: '/mount', code: 'server-error' }]);
  await scanning.scan('c', link);
  expect(window.messages).toHaveLength(1);
  unreadable.length = 0;
  await scanning.scan('c', link, { sweep: true });
  expect(scanning.unread(link)).toEqual([]);
});
