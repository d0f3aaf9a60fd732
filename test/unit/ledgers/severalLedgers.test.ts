import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { isDossierError } from '../../../shared/core/errors.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { FileEntry, FolderEntry } from '../../../shared/drive/entry.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import type { LedgerService } from '../../../shared/ledger/backends/backend.ts';
import { createDatatrailsLedger } from '../../../shared/ledger/backends/datatrails/index.ts';
import { createEmbeddedLedger } from '../../../shared/ledger/backends/embedded.ts';
import { createRekorLedger } from '../../../shared/ledger/backends/rekor/index.ts';
import type { Link } from '../../../shared/link/link.ts';
import { createLinkStore } from '../../../shared/link/linkStore.ts';
import { createLinks } from '../../../shared/link/links.ts';
import { walkLink } from '../../../shared/link/walk.ts';
import { publicPart } from '../../../shared/publication/publicEntries.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import {
  type DatatrailsEmulator,
  type DatatrailsFault,
  startDatatrailsEmulator,
} from '../../emulators/datatrails/index.ts';
import { type RekorEmulator, startRekorEmulator } from '../../emulators/rekor/index.ts';
import { hurriedClock } from '../../support/hurriedClock.ts';
import { assetKey, openTestLog, testAccount } from '../../support/linking.ts';
import { seeded, seededInteger } from '../../support/seeded.ts';

let datatrails: DatatrailsEmulator;
let rekor: RekorEmulator;
beforeEach(
  async () =>
    void ([datatrails, rekor] = await Promise.all([startDatatrailsEmulator({ looks: 1 }), startRekorEmulator()])),
);
afterEach(() => Promise.all([datatrails.close(), rekor.close()]));

const bytes = (text: string) => new TextEncoder().encode(text);
const clock = hurriedClock;
const faults: readonly (DatatrailsFault & (string | { status: number }))[] = [
  'cut',
  'lost',
  { status: 500 },
  { status: 429, headers: { 'Archivist-Rate-Limit-Reset': '2', 'Retry-After': '2' } },
];

async function scene() {
  const store = createMemoryState();
  const drive = createMemoryDrive();
  const folder = (await drive.createFolder({ path: rootPath }, 'Planted folder')) as FolderEntry;
  const links = createLinks({ store, clock, assetKey });
  /** What one process opens: the store and the services are everybody's. */
  const open = (): Record<LedgerService['kind'], LedgerService> => ({
    embedded: createEmbeddedLedger(openTestLog(store, clock, 'own')),
    datatrails: createDatatrailsLedger({
      http: createNodeHttp(),
      clock,
      store,
      ledger: 'datatrails',
      access: datatrails,
      isPublic: async (event) => publicPart(await links.list({ all: true }), new Set()).isPublic(event, 0),
    }),
    rekor: createRekorLedger({
      log: openTestLog(store, clock, 'rekor'),
      store,
      ledger: 'rekor',
      http: createNodeHttp(),
      url: rekor.url,
      identity: rekor,
    }),
  });
  const bound: [Link, LedgerService['kind']][] = [];
  for (const kind of ['embedded', 'datatrails', 'rekor'] as const) {
    bound.push([
      await links.link(
        {
          connection: 'test',
          kind: drive.kind,
          account: testAccount,
          folder,
          ledger: kind,
          hashPolicy: 'download',
          privacy: 'public',
        },
        open()[kind],
      ),
      kind,
    ]);
  }
  const walk = async (link: Link, kind: LedgerService['kind']) =>
    walkLink({
      id: link.id,
      links,
      states: createLinkStore(store, clock),
      drive,
      ledger: open()[kind],
      clock,
      assetKey,
    });
  return { drive, folder, links, open, bound, walk };
}

const write = async (drive: Drive, folder: FolderEntry, name: string, content: string, replace?: FileEntry) =>
  (
    await drive.upload(
      { folder, name, ...(replace ? { replace: replace.revision } : {}) },
      bytes(content),
      digestsOf(bytes(content)),
    )
  ).entry;

test('one folder in three ledgers at once: each has the same assets and versions, whatever their servers do', async () => {
  const { drive, folder, open, bound, walk } = await scene();
  const random = seeded('several ledgers');
  const meddle = () => {
    for (const place of ['token', 'read', 'write'] as const)
      if (seededInteger(random, 3) === 0) datatrails.fault(place, faults[seededInteger(random, faults.length)]!);
    if (seededInteger(random, 2) === 0) rekor.faults.push(faults[seededInteger(random, faults.length)]!);
  };
  const files: { entry: FileEntry; contents: string[] }[] = [];
  for (let round = 0; round < 12; round++) {
    if (round % 3 === 0)
      files.push({
        entry: await write(drive, folder, `Planted ${round}.txt`, `content ${round}`),
        contents: [`content ${round}`],
      });
    else {
      const file = files[seededInteger(random, files.length)]!;
      const content = `edited ${round}`;
      file.entry = await write(drive, folder, file.entry.name, content, (await drive.stat(file.entry)) as FileEntry);
      file.contents.push(content);
      file.entry = (await drive.move(file.entry, folder, `Planted again ${round}.txt`)) as FileEntry;
    }
    meddle();
    // Two processes at once, as often as not.
    for (const [link, kind] of bound)
      await Promise.all(Array.from({ length: 1 + seededInteger(random, 2) }, () => walk(link, kind)));
  }
  for (const [link, kind] of bound) {
    const ledger = open()[kind];
    expect((await ledger.history(link.id)).map(({ event }) => event)).toEqual(['Link']);
    for (const { contents } of files) {
      const found = await ledger.find({ sha256: digestsOf(bytes(contents.at(-1) as string)).sha256 });
      expect(new Set(found.map(({ asset }) => asset)).size, kind).toBe(1);
      const versions = (await ledger.history(found[0]!.asset)).filter(
        ({ event }) => event === 'Register' || event === 'Publish',
      );
      expect(
        versions.map(({ version, subjects }) => [version, subjects[0]?.sha256]),
        kind,
      ).toEqual(contents.map((content, at) => [at + 1, digestsOf(bytes(content)).sha256]));
    }
  }
  expect(datatrails.assets.filter(({ attributes }) => attributes['arc_profile'] === 'Document')).toHaveLength(
    files.length,
  );
  expect(JSON.stringify([datatrails.requests, rekor.entries])).not.toMatch(/planted/i);
});

test('a tenancy whose quota is used up holds the walk, and nothing is lost until it has room again', async () => {
  const { drive, folder, bound, walk, open } = await scene();
  const [link, kind] = bound[1]!;
  for (const name of ['a', 'b', 'c']) await write(drive, folder, `${name}.txt`, name);
  datatrails.fault('write', { status: 402 });
  await expect(walk(link, kind)).rejects.toSatisfy((error) => isDossierError(error, 'quota-exceeded'));
  await walk(link, kind);
  for (const name of ['a', 'b', 'c'])
    expect(await open().datatrails.find(digestsOf(bytes(name)))).toMatchObject([{ event: 'Register', version: 1 }]);
});
