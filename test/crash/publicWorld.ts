import { readBytes } from '../../shared/core/bytes.ts';
import { digestsOf } from '../../shared/core/hashing.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import type { EntryRef, FileEntry, FolderEntry } from '../../shared/drive/entry.ts';
import { createEmbeddedLedger } from '../../shared/ledger/backends/embedded.ts';
import type { Ledger } from '../../shared/ledger/openLedger.ts';
import { recordReport } from '../../shared/ledger/recordReport.ts';
import { parseStatement } from '../../shared/ledger/statement/statement.ts';
import type { HashPolicy } from '../../shared/link/link.ts';
import { createLinkStore } from '../../shared/link/linkStore.ts';
import { createLinks } from '../../shared/link/links.ts';
import { walkLink } from '../../shared/link/walk.ts';
import { createPublications } from '../../shared/publication/publication.ts';
import { makeEntryPublic } from '../../shared/publication/publicEntries.ts';
import { publishTo } from '../../shared/publication/publishTo.ts';
import { openTestLedger } from '../support/publishing.ts';
import { seededBytes } from '../support/seeded.ts';

/** What a stranger should be told of a content. */
export interface Expected {
  readonly content: Uint8Array;
  readonly answer: 'newest' | 'superseded' | 'withdrawn' | 'deleted' | 'unknown';
  readonly version?: number;
  readonly newest?: number;
}

/** Files of a published folder by their path in it. */
export type Tree = ReadonlyMap<string, Uint8Array>;

export interface PublicWorld {
  readonly ledger: Ledger;
  readonly tree: Tree;
  /** The same folder before the last changes. */
  readonly old: Tree;
  readonly expected: readonly Expected[];
}

export interface WorldSize {
  readonly files: number;
  readonly reports: number;
}

/** So that one can look for it in everything that is published. */
export const plantedName = 'Planted Holiday';
const contentOf = (name: string) => seededBytes(40, `public ${name}`);
const writersAtOnce = 8;

/**
 * A public and a private linked folder with history, and reports, half of them public, recorded and published on a
 * drive, and what is true of each content.
 */
export async function makePublicWorld(
  { drive, linked, outside }: { readonly drive: Drive; readonly linked: FolderEntry; readonly outside: FolderEntry },
  { files, reports }: WorldSize,
  { page, hashPolicy, name }: { readonly page: string; readonly hashPolicy: HashPolicy; readonly name: string },
): Promise<PublicWorld> {
  const ledger = await openTestLedger(undefined, name);
  const { store, clock, assetKey, log } = ledger;
  const service = createEmbeddedLedger(log);
  const links = createLinks({ store, clock, assetKey });
  const states = createLinkStore(store, clock);
  const [privately, place] = [
    await drive.createFolder(outside, 'Private'),
    await drive.createFolder(outside, 'Public'),
  ];
  const link = (folder: EntryRef, privacy: 'public' | 'private') =>
    links.link(
      { connection: 'c', kind: drive.kind, account: 'a', folder, ledger: 'main', hashPolicy, privacy },
      service,
    );
  const walk = async () => {
    for (const { id } of await links.list())
      await walkLink({ id, links, states, drive, ledger: service, clock, assetKey });
  };
  const write = async (folder: EntryRef, file: string, version: number, replace?: FileEntry): Promise<FileEntry> => {
    const bytes = contentOf(`${name} ${file} ${version}`);
    const target = { folder, name: `${plantedName} ${file}.jpg`, ...(replace ? { replace: replace.revision } : {}) };
    return (await drive.upload(target, bytes, digestsOf(bytes))).entry;
  };
  const expected: Expected[] = [];
  const tell = (file: string, version: number, answer: Expected['answer'], newest = version) =>
    expected.push({
      content: contentOf(`${name} ${file} ${version}`),
      answer,
      ...(answer === 'unknown' ? {} : { version, newest }),
    });

  const known = new Map<number, FileEntry>();
  await inLanes(files, async (at) => void known.set(at, await write(linked, String(at), 1)));
  const hidden = Math.max(2, Math.floor(files / 50));
  await inLanes(hidden, async (at) => void (await write(privately, `secret ${at}`, 1)));
  await link(linked, 'public');
  await link(privately, 'private');
  await walk();
  const publication = await createPublications(store).set({
    place: { connection: 'c', kind: drive.kind, account: 'a', folder: place },
    automatic: true,
  });
  const publish = () => publishTo({ ledger, publication, drive, page });
  await publish();
  const old = await readTree(drive, place);

  await inLanes(files, async (at) => {
    const file = known.get(at)!;
    if (at % 10 === 1) await write(linked, String(at), 2, file);
    if (at % 50 === 2) await drive.remove(file);
    if (at % 50 === 3) await drive.move(file, linked, `${plantedName} moved ${at}.jpg`);
  });
  await walk();
  for (let at = 0; at < files; at++) {
    if (at % 50 === 4) await withdraw(ledger, digestsOf(contentOf(`${name} ${at} 1`)), at);
    if (at % 10 === 1) {
      tell(String(at), 1, 'superseded', 2);
      tell(String(at), 2, 'newest');
    } else tell(String(at), 1, at % 50 === 2 ? 'deleted' : at % 50 === 4 ? 'withdrawn' : 'newest');
    tell(`never ${at}`, 1, 'unknown');
  }
  for (let at = 0; at < hidden; at++) tell(`secret ${at}`, 1, 'unknown');
  for (let at = 0; at < reports; at++) {
    const delivered = {
      report: `${name} report ${at}`,
      manifest: { title: `${plantedName} report` },
      files: [{ digests: digestsOf(contentOf(`${name} report ${at} 1`)) }],
    };
    const { index } = await recordReport(ledger, delivered);
    if (at % 2 === 0) await makeEntryPublic(store, index);
    tell(`report ${at}`, 1, at % 2 === 0 ? 'newest' : 'unknown');
  }
  await publish();
  return { ledger, tree: await readTree(drive, place), old, expected };
}

/** The owner takes a file back. */
async function withdraw({ log }: Ledger, digests: ReturnType<typeof digestsOf>, at: number): Promise<void> {
  const [index] = [...(await log.find(digests.sha256)), ...(await log.find(digests.dropboxContentHash))];
  const entry = await log.entry(index!);
  const { predicate, subjects } = parseStatement(entry!.envelope.payload);
  await log.append([
    {
      event: 'Withdraw',
      asset: predicate.asset,
      occasion: `withdraw ${at}`,
      observedAt: 0,
      subjects,
      details: { link: predicate.link! },
    },
  ]);
}

async function inLanes(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: writersAtOnce }, lane));
}

async function readTree(drive: Drive, folder: FolderEntry): Promise<Tree> {
  const files: FileEntry[] = [];
  for await (const page of drive.list(folder, { recursive: true }))
    for (const entry of page) if (entry.type === 'file') files.push(entry);
  const tree = new Map<string, Uint8Array>();
  await inLanes(files.length, async (at) => {
    const file = files[at]!;
    tree.set(file.path.slice(folder.path.length + 1), await readBytes(drive.read(file), 2 ** 24));
  });
  return tree;
}
