import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DossierError, isDossierError } from '../../../shared/core/errors.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { FileEntry, FolderEntry } from '../../../shared/drive/entry.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import type { StateStore } from '../../../shared/state/state.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';
import { createWalker } from '../../support/linking.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const contents = ['first', 'second', 'third', 'fourth', 'fifth'];

let emulator: DropboxEmulator;
let drive: Drive;
let folder: FolderEntry;
let store: StateStore;
beforeEach(async () => {
  emulator = await startDropboxEmulator();
  drive = openDropbox(emulator);
  folder = await drive.createFolder({ path: rootPath }, 'Linked');
  store = createMemoryState();
});
afterEach(() => emulator.close());

const clock = createVirtualClock({ auto: true });
const downloads = () =>
  Object.entries(emulator.requests.byRoute)
    .filter(([route]) => route.includes('download'))
    .reduce((sum, [, { count }]) => sum + count, 0);
const write = async (name: string, content: string, replace?: FileEntry) =>
  (
    await drive.upload(
      { folder, name, ...(replace ? { replace: replace.revision } : {}) },
      bytes(content),
      digestsOf(bytes(content)),
    )
  ).entry;

async function linked() {
  const entries: FileEntry[] = [];
  for (const [at, content] of contents.entries()) entries.push(await write(`File ${at}.txt`, content));
  const walker = createWalker(store, clock);
  const link = await walker.link(drive, folder, 'providerThenDownload');
  await walker.walk(link, drive);
  return { walker, link, entries };
}

describe('first the hash of the provider, later the one that everybody uses', () => {
  test('is recorded on the same version, once, and then the file is found by it', async () => {
    const { walker, link } = await linked();
    expect(downloads()).toBe(0);
    const [first] = await walker.links.files(link);
    expect(first).toMatchObject({ hashSource: 'provider' });
    expect(await walker.ledger.find({ sha256: digestsOf(bytes('third')).sha256 })).toEqual([]);
    expect(await walker.attest(link, drive)).toEqual({ files: 5, read: 5, attested: 5 });
    expect(downloads()).toBe(5);
    for (const content of contents) {
      const [found, ...others] = await walker.ledger.find({ sha256: digestsOf(bytes(content)).sha256 });
      expect(others).toEqual([]);
      expect((await walker.ledger.history(found!.asset)).map(({ event, version }) => [event, version])).toEqual([
        ['Register', 1],
        ['Attest', 1],
      ]);
    }
    expect(await createWalker(store, clock).attest(link, drive)).toEqual({ files: 0, read: 0, attested: 0 });
    expect((await walker.walk(link, drive, { sweep: true })).changes).toEqual([]);
    expect(downloads()).toBe(5);
  });

  test('goes on where it was cut off, and records nothing twice though its last step was not stored', async () => {
    const { link, walker } = await linked();
    for (const lives of [0, 1, 2]) {
      let left = lives;
      const dying: StateStore = {
        ...store,
        commit: async (changes, signal) => {
          // The ledger has its statement, what is known of the file has not been stored.
          if (changes.some(({ key }) => key.includes('/file/')) && left-- <= 0)
            throw new DossierError('cancelled', 'Killed');
          return store.commit(changes, signal);
        },
      };
      await expect(createWalker(dying, clock).attest(link, drive)).rejects.toSatisfy((error) =>
        isDossierError(error, 'cancelled'),
      );
    }
    expect(await createWalker(store, clock).attest(link, drive)).toEqual({ files: 2, read: 2, attested: 2 });
    for (const { asset } of await walker.links.files(link)) {
      expect((await walker.ledger.history(asset)).map(({ event }) => event)).toEqual(['Register', 'Attest']);
    }
    // Each kill costs one file that is read again.
    expect(downloads()).toBe(5 + 3);
  });

  test('leaves what changed to the next walk, and then attests the new version', async () => {
    const { walker, link, entries } = await linked();
    const other = createWalker(store, clock);
    await write('File 0.txt', 'first, changed', entries[0]);
    let isRenamed = false;
    const meddling: Drive = {
      ...drive,
      async *read(entry, range, context) {
        // While it is read, another walk records that it got another name.
        if (!isRenamed && entry.id === entries[1]?.id) {
          isRenamed = true;
          await drive.move(entries[1] as FileEntry, folder, 'Renamed.txt');
          await other.walk(link, drive);
        }
        yield* drive.read(entry, range, context);
      },
    };
    const progress = await walker.attest(link, meddling);
    expect(progress.files).toBe(5);
    expect(progress.attested).toBeLessThan(5);
    expect(await walker.attest(link, drive)).toMatchObject({ attested: 5 - progress.attested });
    const changed = await walker.ledger.find({ sha256: digestsOf(bytes('first, changed')).sha256 });
    expect(changed.map(({ event, version }) => [event, version])).toEqual([['Attest', 2]]);
    for (const { asset } of await walker.links.files(link))
      expect((await walker.ledger.history(asset)).filter(({ event }) => event === 'Attest')).toHaveLength(1);
  });

  test('reads nothing before a walk that was cut off has come to its end', async () => {
    const { walker, link, entries } = await linked();
    await write('File 0.txt', 'first, changed', entries[0]);
    const dying: StateStore = {
      ...store,
      commit: (changes, signal) =>
        changes.some(({ key }) => key.includes('/file/'))
          ? Promise.reject(new DossierError('cancelled', 'Killed'))
          : store.commit(changes, signal),
    };
    await expect(createWalker(dying, clock).walk(link, drive, { sweep: true })).rejects.toSatisfy((error) =>
      isDossierError(error, 'cancelled'),
    );
    expect(await walker.attest(link, drive)).toEqual({ files: 0, read: 0, attested: 0 });
    expect(downloads()).toBe(0);
    await walker.walk(link, drive);
    expect(await walker.attest(link, drive)).toEqual({ files: 5, read: 5, attested: 5 });
  });

  test('asks nothing about documents that have no bytes', async () => {
    emulator.files.seedExportOnly('/Linked/Plan.paper');
    const { walker, link } = await linked();
    expect(await walker.attest(link, drive)).toEqual({ files: 5, read: 5, attested: 5 });
    const before = emulator.requests.total;
    expect(await walker.attest(link, drive)).toEqual({ files: 0, read: 0, attested: 0 });
    expect(emulator.requests.total).toBe(before);
  });

  test('does nothing for a link with another policy, and none that has ended', async () => {
    const { walker, link } = await linked();
    await walker.links.unlink(link.id, walker.ledger);
    expect(await walker.attest(link, drive)).toEqual({ files: 0, read: 0, attested: 0 });
    await walker.walk(await walker.link(drive, folder, 'provider'), drive);
    expect(await walker.attest(link, drive)).toEqual({ files: 0, read: 0, attested: 0 });
    expect(downloads()).toBe(0);
  });
});

test('a link that reads from now on attests what it had by the word of the provider, at its next full listing', async () => {
  const { walker, link } = await linked();
  const reading = await walker.link(drive, folder, 'download');
  expect(
    (await walker.walk(reading, drive, { sweep: true })).changes.map(({ event, version }) => [event, version]),
  ).toEqual(contents.map(() => ['Attest', 1]));
  expect((await walker.walk(reading, drive, { sweep: true })).changes).toEqual([]);
  for (const { asset } of await walker.links.files(link))
    expect((await walker.ledger.history(asset)).map(({ event }) => event)).toEqual(['Register', 'Attest']);
});

test('a content that a killed walk recorded is no new version when its file is removed and comes back', async () => {
  const { walker, link, entries } = await linked();
  const changed = await write('File 0.txt', 'first, changed', entries[0]);
  const dying: StateStore = {
    ...store,
    commit: (changes, signal) =>
      changes.some(({ key }) => key.includes('/file/'))
        ? Promise.reject(new DossierError('cancelled', 'Killed'))
        : store.commit(changes, signal),
  };
  const walks = async (using: StateStore) => createWalker(using, clock).walk(link, drive);
  const killed = async () => expect(walks(dying)).rejects.toSatisfy((error) => isDossierError(error, 'cancelled'));
  await killed();
  await drive.remove(changed);
  await killed();
  await walks(store);
  emulator.files.restore(changed.id as string);
  await walks(store);
  const [found] = await walker.ledger.find({
    dropboxContentHash: digestsOf(bytes('first, changed')).dropboxContentHash,
  });
  expect((await walker.ledger.history(found!.asset)).map(({ event, version }) => [event, version])).toEqual([
    ['Register', 1],
    ['Publish', 2],
    ['Delete', 2],
    ['Restore', 2],
  ]);
});

test('a large file goes through in pieces', async () => {
  const { walker, link } = await linked();
  const piece = new Uint8Array(1024 * 1024).fill(7);
  const count = 192;
  const large: Drive = {
    ...drive,
    stat: async (ref, context) => {
      const entry = await drive.stat(ref, context);
      return entry?.type === 'file' ? { ...entry, size: count * piece.length } : entry;
    },
    async *read() {
      for (let at = 0; at < count; at++) yield piece;
    },
  };
  const before = process.memoryUsage().rss;
  let peak = before;
  // Not what was recorded, and therefore not attested: but it had to be read to know that.
  expect(
    await walker.attest(link, large, { onProgress: () => (peak = Math.max(peak, process.memoryUsage().rss)) }),
  ).toMatchObject({ read: 5, attested: 0 });
  expect(peak - before).toBeLessThan(100 * 2 ** 20);
});
