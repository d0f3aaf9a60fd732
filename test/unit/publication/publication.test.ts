import { describe, expect, test } from 'vitest';
import { fromUtf8Lossy, readBytes } from '../../../shared/core/bytes.ts';
import { isDossierError } from '../../../shared/core/errors.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { joinPath, parsePath, rootPath } from '../../../shared/core/paths.ts';
import type { EntryRef, FileEntry, FolderEntry } from '../../../shared/drive/entry.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { createEmbeddedLedger } from '../../../shared/ledger/backends/embedded.ts';
import { decodeEntryBundle } from '../../../shared/ledger/log/tiles.ts';
import { recordReport } from '../../../shared/ledger/recordReport.ts';
import { encodeLeaf } from '../../../shared/ledger/signing/envelope.ts';
import { openPublished } from '../../../shared/ledger/verify/verifyPublished.ts';
import { createLinkStore } from '../../../shared/link/linkStore.ts';
import { createLinks } from '../../../shared/link/links.ts';
import { walkLink } from '../../../shared/link/walk.ts';
import {
  createPublications,
  fingerprintInLink,
  folderAddress,
  verificationLink,
} from '../../../shared/publication/publication.ts';
import { makeEntryPublic } from '../../../shared/publication/publicEntries.ts';
import { publishTo } from '../../../shared/publication/publishTo.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { testAccount } from '../../support/linking.ts';
import { openTestLedger, shownStatements } from '../../support/publishing.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** A public and a private linked folder on one drive, whose ledger is published into a third folder there. */
async function prepare() {
  const drive = createMemoryDrive();
  const publicly = await drive.createFolder({ path: rootPath }, 'Planted public folder');
  const privately = await drive.createFolder({ path: rootPath }, 'Planted private folder');
  const place = await drive.createFolder({ path: rootPath }, 'published');
  const store = createMemoryState();
  const ledger = await openTestLedger(store);
  const { clock, assetKey } = ledger;
  const service = createEmbeddedLedger(ledger.log);
  const links = createLinks({ store, clock, assetKey });
  const states = createLinkStore(store, clock);
  const write = async (folder: EntryRef, name: string, content: string, replace?: FileEntry) => {
    const target = { folder, name, ...(replace ? { replace: replace.revision } : {}) };
    return (await drive.upload(target, bytes(content), digestsOf(bytes(content)))).entry;
  };
  const link = (folder: FolderEntry, privacy: 'public' | 'private') =>
    links.link(
      {
        connection: 'test',
        kind: 'memory',
        account: testAccount,
        folder,
        ledger: 'main',
        hashPolicy: 'download',
        privacy,
      },
      service,
    );
  const [open, closed] = [await link(publicly, 'public'), await link(privately, 'private')];
  const walk = async () => {
    for (const { id } of await links.list())
      await walkLink({ id, links, states, drive, ledger: service, clock, assetKey });
  };
  const publications = createPublications(store);
  const choose = (folder: EntryRef) =>
    publications.set({
      place: { connection: 'test', kind: 'memory', account: testAccount, folder },
      address: 'https://example.org/public',
      automatic: true,
    });
  const publication = await choose(place);
  const publish = async (given = publication) => publishTo({ ledger, publication: given, drive });
  const read = async (path: string) => {
    const at = joinPath(place.path, ...path.split('/'));
    return (await drive.stat({ path: at }))?.type === 'file' ? readBytes(drive.read({ path: at }), 2 ** 22) : undefined;
  };
  const files = async () => {
    const found = new Map<string, Uint8Array>();
    for await (const page of drive.list(place, { recursive: true }))
      for (const entry of page)
        if (entry.type === 'file')
          found.set(entry.path.slice(place.path.length + 1), await readBytes(drive.read(entry), 2 ** 22));
    return found;
  };
  const first = await write(publicly, 'planted open.txt', 'open one');
  const secret = await write(privately, 'planted secret.txt', 'secret one');
  await walk();
  await write(publicly, 'planted open.txt', 'open two', first);
  await write(privately, 'planted secret.txt', 'secret two', secret);
  await drive.move(secret, privately, 'planted renamed.txt');
  await walk();
  return {
    drive,
    ledger,
    store,
    links,
    service,
    open,
    closed,
    publicly,
    publications,
    choose,
    publish,
    read,
    files,
    write,
    walk,
  };
}

const ask = async (read: (path: string) => Promise<Uint8Array | undefined>, content: string) =>
  (await openPublished({ read })).ask({ digests: digestsOf(bytes(content)) });

describe('publishing what is public', () => {
  test('shows every leaf, and the statements of the public link alone', async () => {
    const { open, closed, publish, files, ledger } = await prepare();
    const { size } = await publish();
    const published = await files();
    const shown = shownStatements(published);
    const leaves = decodeEntryBundle(published.get(`tile/entries/000.p/${size}`)!, size);
    for (let index = 0; index < size; index++) {
      const { envelope } = (await ledger.log.entry(index))!;
      expect(leaves[index]).toEqual(encodeLeaf(envelope));
    }
    expect([...shown.values()].map(({ predicate }) => predicate.event)).toEqual(['Link', 'Register', 'Publish']);
    for (const { predicate } of shown.values()) expect(predicate.link).toBe(open.id);
    expect(closed.id).not.toBe(open.id);
  });

  test('shows no name at all, and of what is private neither a digest nor an id', async () => {
    const { closed, publish, files, links, service } = await prepare();
    await publish();
    const published = await files();
    // Everything that is encoded once is looked into as well.
    const text = [...published].flatMap(([path, content]) => [path, fromUtf8Lossy(content)]).join('\n');
    const decoded = (text.match(/[A-Za-z0-9+/_-]{16,}={0,2}/g) ?? []).map((run) =>
      Buffer.from(run, 'base64').toString(),
    );
    const all = [text, ...decoded].join('\n');
    expect(all).toContain(digestsOf(bytes('open two')).sha256);
    expect(all).not.toMatch(/planted/i);
    const [secret] = await links.files(closed);
    for (const content of ['secret one', 'secret two'])
      for (const digest of Object.values(digestsOf(bytes(content)))) expect(all).not.toContain(digest);
    expect(all).not.toContain(secret?.asset);
    expect(all).not.toContain(closed.id);
    expect((await service.find(digestsOf(bytes('secret two')))).length).toBeGreaterThan(0);
  });

  test('says of each content which version of how many it is, and what became of it', async () => {
    const { drive, publicly, publish, read, walk } = await prepare();
    await publish();
    expect(await ask(read, 'open one')).toMatchObject({
      versions: [{ version: 1, newestVersion: 2, standing: 'superseded', level: 'L0' }],
    });
    expect(await ask(read, 'open two')).toMatchObject({ versions: [{ version: 2, standing: 'newest' }] });
    expect(await ask(read, 'secret two')).toMatchObject({ answer: 'unknown' });
    for await (const page of drive.list(publicly)) for (const entry of page) await drive.remove(entry);
    await walk();
    await publish();
    expect(await ask(read, 'open two')).toMatchObject({ versions: [{ version: 2, standing: 'deleted' }] });
  });

  test('a report is shown once it was made public, also when it was published before', async () => {
    const { ledger, store, publish, read } = await prepare();
    const delivered = {
      report: 'r1',
      manifest: { title: 'Planted' },
      files: [{ digests: digestsOf(bytes('attached')) }],
    };
    const { index } = await recordReport(ledger, delivered);
    await publish();
    expect(await ask(read, 'attached')).toMatchObject({ answer: 'unknown' });
    await makeEntryPublic(store, index);
    await makeEntryPublic(store, index);
    expect(await publish()).toMatchObject({ changed: true });
    expect(await ask(read, 'attached')).toMatchObject({ versions: [{ index, standing: 'newest' }] });
    expect(await publish()).toMatchObject({ changed: false });
  });

  test('ends with one call for all links of a connection; what was public stays so', async () => {
    const { links, service, publish, files } = await prepare();
    const ended = await links.disconnect('test', () => service);
    expect(ended).toHaveLength(2);
    for (const { id } of ended) expect(await service.newest(id)).toMatchObject({ event: 'Unlink' });
    await publish();
    expect(shownStatements(await files()).size).toBe(4);
  });

  test('is refused for a folder whose files are recorded: it would never come to rest', async () => {
    const { drive, publicly, choose, publish } = await prepare();
    const inside = await drive.createFolder(publicly, 'published');
    await expect(publish(await choose(inside))).rejects.toSatisfy((error) => isDossierError(error, 'invalid-input'));
  });

  test('what was chosen is remembered, can be changed and ended', async () => {
    const { publications, choose, publish } = await prepare();
    await publish();
    const [chosen] = await publications.list();
    expect(chosen).toMatchObject({ address: 'https://example.org/public/', automatic: true });
    const again = await choose({ path: parsePath('/published') });
    expect(again.id).toBe(chosen!.id);
    expect(again.memory).toEqual(chosen!.memory);
    await publications.remove(again.id);
    expect(await publications.list()).toEqual([]);
  });
});

test('addresses are taken as people paste them; the link carries the fingerprint where no server sees it', () => {
  const fingerprint = 'ab'.repeat(32);
  for (const pasted of [
    'https://example.org/a',
    ' https://example.org/a/verify.html#key=x',
    'https://example.org/a/ledger.json',
  ])
    expect(folderAddress(pasted)).toBe('https://example.org/a/');
  const link = verificationLink('https://example.org/a', fingerprint);
  expect(link).toBe(`https://example.org/a/verify.html#key=${fingerprint}`);
  expect(fingerprintInLink(link)).toBe(fingerprint);
  expect(fingerprintInLink('https://example.org/a/')).toBeUndefined();
  for (const wrong of ['example.org', 'ftp://example.org/', 'https://user:word@example.org/'])
    expect(() => folderAddress(wrong)).toThrow();
});
