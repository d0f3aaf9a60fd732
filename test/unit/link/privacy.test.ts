import { describe, expect, test } from 'vitest';
import { fromUtf8Lossy, readBytes } from '../../../shared/core/bytes.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { nameOf, parsePath, rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { FileEntry, FolderEntry } from '../../../shared/drive/entry.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { publishLedger } from '../../../shared/ledger/export/publish.ts';
import { decodeEntryBundle } from '../../../shared/ledger/log/tiles.ts';
import { encodeLeaf } from '../../../shared/ledger/signing/envelope.ts';
import { parseStatement } from '../../../shared/ledger/statement/statement.ts';
import { publicEvents } from '../../../shared/link/privacy.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { createWalker, testAccount } from '../../support/linking.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const clock = createVirtualClock({ auto: true });

async function filesBelow(drive: Drive, folder: FolderEntry): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for await (const page of drive.list(folder)) {
    for (const entry of page) {
      if (entry.type === 'folder')
        for (const [path, content] of await filesBelow(drive, entry)) found.set(path, content);
      else found.set(entry.path, await readBytes(drive.read(entry), 2 ** 20));
    }
  }
  return found;
}

describe('a ledger with a private and a public link', () => {
  const prepare = async () => {
    const drive = createMemoryDrive();
    const publicly = await drive.createFolder({ path: rootPath }, 'Planted public folder');
    const privately = await drive.createFolder({ path: rootPath }, 'Planted private folder');
    const place = await drive.createFolder({ path: rootPath }, 'published');
    const walker = createWalker(createMemoryState(), clock);
    const { links, ledger, log } = walker;
    const write = async (folder: FolderEntry, name: string, content: string, replace?: FileEntry) =>
      (
        await drive.upload(
          { folder, name, ...(replace ? { replace: replace.revision } : {}) },
          bytes(content),
          digestsOf(bytes(content)),
        )
      ).entry;
    const link = (folder: FolderEntry, privacy: 'public' | 'private') =>
      links.link(
        {
          connection: 'test',
          kind: drive.kind,
          account: testAccount,
          folder,
          ledger: 'main',
          hashPolicy: 'download',
          privacy,
        },
        ledger,
      );
    const [open, closed] = [await link(publicly, 'public'), await link(privately, 'private')];
    const first = await write(publicly, 'planted open.txt', 'open one');
    const secret = await write(privately, 'planted secret.txt', 'secret one');
    const walk = async () => {
      for (const each of await links.list()) await walker.walk(each, drive);
    };
    await walk();
    await write(publicly, 'planted open.txt', 'open two', first);
    await write(privately, 'planted secret.txt', 'secret two', secret);
    await drive.move(secret, privately, 'planted renamed.txt');
    await walk();
    const publish = async () =>
      publishLedger({
        log,
        trust: { logs: [log.identity], statementKeys: [], timestampChains: [] },
        drive,
        folder: place,
        clock,
        isPublic: await publicEvents(links),
        since: 0,
      });
    const published = async () => filesBelow(drive, place);
    return { walker, open, closed, publish, published, log, links, ledger };
  };

  test('publishes every leaf, and the statements of the public link alone', async () => {
    const { open, closed, publish, published, log } = await prepare();
    const size = await publish();
    const files = await published();
    const shown: string[] = [];
    const leaves = decodeEntryBundle(files.get(parsePath(`/published/tile/entries/000.p/${size}`)) as Uint8Array, size);
    for (let index = 0; index < size; index++) {
      const { envelope } = (await log.entry(index))!;
      const { predicate } = parseStatement(envelope.payload);
      expect(leaves[index]).toEqual(encodeLeaf(envelope));
      expect(predicate.link).toBe(files.has(`/published/statements/${index}.json`) ? open.id : closed.id);
      if (files.has(`/published/statements/${index}.json`)) shown.push(predicate.event);
    }
    expect(shown).toEqual(['Link', 'Register', 'Publish']);
    expect([...files.keys()].filter((path) => path.includes('statements')).length).toBe(3);
  });

  test('publishes no name at all, and of what is private neither a digest nor an id', async () => {
    const { closed, publish, published, walker, links } = await prepare();
    await publish();
    // Everything that is encoded once is looked into as well.
    const text = [...(await published())]
      .map(([path, content]) => {
        const plain = fromUtf8Lossy(content);
        const payloads = /"payload":"([^"]+)"/.exec(plain)?.[1];
        return `${nameOf(parsePath(path))}\n${plain}\n${payloads === undefined ? '' : fromUtf8Lossy(new Uint8Array(Buffer.from(payloads, 'base64')))}`;
      })
      .join('\n');
    expect(text).toContain(digestsOf(bytes('open two')).sha256);
    expect(text).not.toMatch(/planted/i);
    const [secret] = await links.files(closed);
    for (const content of ['secret one', 'secret two'])
      for (const digest of Object.values(digestsOf(bytes(content)))) expect(text).not.toContain(digest);
    expect(text).not.toContain(secret?.asset);
    expect(text).not.toContain(closed.id);
    expect((await walker.ledger.find(digestsOf(bytes('secret two')))).length).toBeGreaterThan(0);
  });

  test('ends with one call for all links of a connection; what was public stays so', async () => {
    const { links, ledger, publish, published } = await prepare();
    const ended = await links.disconnect('test', (name) => {
      expect(name).toBe('main');
      return ledger;
    });
    expect(ended).toHaveLength(2);
    expect(await links.list()).toEqual([]);
    expect(await links.disconnect('test', () => ledger)).toEqual([]);
    for (const { id } of ended) expect(await ledger.newest(id)).toMatchObject({ event: 'Unlink' });
    await publish();
    expect([...(await published()).keys()].filter((path) => path.includes('statements')).length).toBe(4);
  });
});
