import { expect, test } from 'vitest';
import { listFolder } from '../../../extension/src/links/folderListing.ts';
import { createLinkMarks } from '../../../extension/src/model/links/linkMarks.ts';
import { surveyFolders } from '../../../extension/src/model/links/survey.ts';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { parsePath } from '../../../shared/core/paths.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';

const folder = { path: parsePath('/Many') };
const seeded = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ path: `/Many/${String(at).padStart(5, '0')}.jpg`, size: 70_000 }));

test('a large folder is asked for page by page, as far as somebody looks', async () => {
  await using server = new AsyncDisposableStack();
  const emulator = await startDropboxEmulator();
  server.defer(() => emulator.close());
  emulator.files.seed([...seeded(4_500), { path: '/Many/zz/inner.jpg', size: 1 }]);
  const pages = () =>
    emulator.requests.count('files/list_folder') + emulator.requests.count('files/list_folder/continue');

  const listing = await listFolder(openDropbox(emulator), folder, nodeClock);
  expect({ shown: listing.entries.length, hasMore: listing.hasMore, pages: pages() }).toEqual({
    shown: 500,
    hasMore: true,
    pages: 1,
  });
  for (let portion = 2; portion <= 4; portion++) await listing.more();
  expect({ shown: listing.entries.length, pages: pages() }).toEqual({ shown: 2_000, pages: 1 });
  while (listing.hasMore) await listing.more();
  expect({ shown: listing.entries.length, pages: pages() }).toEqual({ shown: 4_501, pages: 3 });
  expect(new Set(listing.entries.map(({ path }) => path)).size).toBe(4_501);
  // Folders come first, wherever the service names them.
  expect(listing.entries.slice(0, 2).map(({ name }) => name)).toEqual(['zz', '00000.jpg']);
});

test('a listing that broke off says so, and does not pass for a whole one', async () => {
  await using server = new AsyncDisposableStack();
  const emulator = await startDropboxEmulator();
  server.defer(() => emulator.close());
  emulator.files.seed(seeded(2_200));
  const listing = await listFolder(openDropbox(emulator), folder, nodeClock);
  for (let portion = 2; portion <= 4; portion++) await listing.more();
  emulator.cursors.resetAll();
  await expect(listing.more()).rejects.toMatchObject({ code: 'cursor-reset' });
  await expect(listing.more()).rejects.toMatchObject({ code: 'cursor-reset' });
  expect(listing.hasMore).toBe(true);
});

test('what a link would take in is counted from listings alone', async () => {
  await using server = new AsyncDisposableStack();
  const emulator = await startDropboxEmulator();
  server.defer(() => emulator.close());
  emulator.files.seed([
    ...seeded(30),
    { path: '/Many/deep/answer.txt', size: 3 },
    { path: '/Other/form.pdf', size: 9_000, seed: 'form' },
    { path: '/Other/copy.pdf', size: 9_000, seed: 'form' },
  ]);
  const survey = await surveyFolders(
    openDropbox(emulator),
    [folder, { path: parsePath('/Other') }],
    nodeClock,
    new AbortController().signal,
    () => undefined,
  );
  expect(survey).toEqual({ files: 33, guessable: { short: 1, repeated: 2, series: 0 } });
  expect(emulator.requests.count('files/download')).toBe(0);
});

test('marks are known without a server, and go with the last link', async () => {
  const marks = createLinkMarks(createMemoryState());
  await marks.scanned('a', 5);
  expect(await marks.list()).toEqual([]);
  await marks.set('a', true);
  await marks.set('b', true);
  await marks.scanned('a', 7);
  await marks.set('a', true);
  expect(await marks.list()).toEqual([
    { connection: 'a', scannedAt: 7 },
    { connection: 'b', scannedAt: 0 },
  ]);
  await marks.set('a', false);
  expect(await marks.list()).toEqual([{ connection: 'b', scannedAt: 0 }]);
});
