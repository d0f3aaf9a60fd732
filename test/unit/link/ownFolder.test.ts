import { expect, test } from 'vitest';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { parsePath, rootPath } from '../../../shared/core/paths.ts';
import type { FolderEntry } from '../../../shared/drive/entry.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/drives/memory/index.ts';
import { createDriveState } from '../../../shared/state/onDrive/index.ts';
import { createWalker } from '../../support/linking.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const bytes = new TextEncoder().encode('a note');

test('a ledger that lies in the linked folder does not record itself', async () => {
  const clock = createVirtualClock({ auto: true });
  const drive = createMemoryDrive(createMemoryStorage(() => 0));
  const folder = await drive.createFolder({ path: rootPath }, 'Linked');
  const store = createDriveState({ drive, folder: parsePath('/Linked/.dossier/state'), clock });
  const { link, walk } = createWalker(store, clock);
  await drive.upload({ folder, name: 'Note.txt' }, bytes, digestsOf(bytes));
  const linked = await link(drive, folder as FolderEntry, 'download');
  expect((await walk(linked, drive)).changes.map(({ event, name }) => [event, name])).toEqual([
    ['Register', 'Note.txt'],
  ]);
  expect((await walk(linked, drive, { sweep: true })).changes).toEqual([]);
  // Else each walk would be a change that calls for the next one.
  const stored = async () => (await store.list('')).map(({ key, version }) => `${key} ${version}`);
  const before = await stored();
  expect((await walk(linked, drive)).changes).toEqual([]);
  expect(await stored()).toEqual(before);
  await store.close();
});
