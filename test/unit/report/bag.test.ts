import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  bagOf,
  bytesSource,
  checkArchive,
  checkFolder,
  driveFolder,
  type FolderReader,
  folderFiles,
  inFolder,
  type OutgoingFile,
  parsePath,
  placeExport,
  readBytes,
  rootPath,
  utf8,
  zipOf,
} from '../../../shared/index.ts';
import { createMemoryDrive, digestsOf } from '../../../shared/testing.ts';
import { ensureDebian } from '../../hosts/debian.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const clock = createVirtualClock({ auto: true });
const now = Date.UTC(2026, 10, 29, 12);
const checker = join(import.meta.dirname, '../../support/checkBag.py');
let work: string;

beforeAll(async () => {
  await ensureDebian(['python3', 'unzip']);
  work = await mkdtemp(join(tmpdir(), 'dossier-bag-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

const manifest = {
  dossier: 1,
  report: '01JDOSSIER',
  title: 'Flood\nin  the valley',
  created: '2026-11-01T00:00:00.000Z',
  modified: '2026-11-01T00:00:00.000Z',
  sent: '2026-11-01T00:00:00.000Z',
  descriptionEncoding: 'utf-8',
  files: [],
};
/** Difficult names that every drive has; those with line breaks are put into the stream by themselves. */
const contents: Readonly<Record<string, Uint8Array>> = {
  'photo.jpg': seededBytes(5000, 'photo'),
  '100%.txt': utf8('percent'),
  '50%25.txt': utf8('encoded already'),
  'größe 写真 🙂.bin': seededBytes(200, 'names'),
  'empty': new Uint8Array(),
  'sub/deeper/a  b.txt': utf8('below'),
  'film.mp4': new Uint8Array(9 * 1024 * 1024).fill(7),
  'dossier.json': utf8(JSON.stringify(manifest)),
  'dossier.sigstore.json': utf8('{"receipt":true}'),
};

async function reportOn(root = '/Reports/Flood') {
  const drive = createMemoryDrive();
  const files = Object.entries(contents).map(([path, bytes]): OutgoingFile => ({ path, bytes }));
  await drive.createFolder({ path: rootPath }, 'Reports');
  await placeExport(from(files), { drive, parent: { path: parsePath(dirname(root)) }, name: 'Flood', clock });
  return { drive, folder: { path: parsePath(root) } };
}

async function* from<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}

async function bag(more: readonly OutgoingFile[] = []): Promise<AsyncIterable<OutgoingFile>> {
  const { drive, folder } = await reportOn();
  async function* payload() {
    yield* folderFiles({ drive, folder, clock });
    yield* more;
  }
  return bagOf({ payload: payload(), name: 'Flood', now });
}

async function archived(files: AsyncIterable<OutgoingFile>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of zipOf(inFolder('Flood bag', files))) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

/** What a checker that shares no code with Dossier says; empty where it accepts. */
function refusals(path: string): string {
  return spawnSync('python3', [checker, path], { encoding: 'utf8' }).stdout;
}

async function writeDown(folder: FolderReader, into: string): Promise<void> {
  for (const { path } of await folder.list()) {
    await mkdir(dirname(join(into, path)), { recursive: true });
    await writeFile(join(into, path), await readBytes(folder.read(path), 2 ** 26));
  }
}

describe('a bag', () => {
  const lineBreak = [{ path: 'line\r\nbreak %0A.txt', bytes: utf8('x') }];

  test('in an archive is accepted by others, and is the same whenever it is made', async () => {
    const file = join(work, 'bag.zip');
    const bytes = await archived(await bag(lineBreak));
    await writeFile(file, bytes);
    expect(refusals(file)).toBe('');
    await promisify(execFile)('unzip', ['-tqq', file]);
    expect(await archived(await bag(lineBreak))).toEqual(bytes);
    const verdict = await checkArchive(bytesSource(bytes));
    expect(verdict).toMatchObject({ kind: 'bag', title: 'Flood in the valley', differences: [] });
  });

  test('in a folder is accepted by others, by sha256sum and by sha512sum', async () => {
    const drive = createMemoryDrive();
    const placed = await placeExport(await bag(), { drive, parent: { path: rootPath }, name: 'Flood', clock });
    const into = join(work, 'folder');
    await writeDown(driveFolder(drive, placed), into);
    expect(refusals(into)).toBe('');
    for (const algorithm of ['sha256', 'sha512'])
      for (const list of ['manifest', 'tagmanifest']) {
        const args = ['--check', '--strict', '--quiet', `${list}-${algorithm}.txt`];
        const { stdout } = spawnSync(`${algorithm}sum`, args, { cwd: into, encoding: 'utf8' });
        // It knows nothing of the encoding of the percent sign.
        expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('%'))).toEqual([]);
      }
    expect(await checkFolder(driveFolder(drive, placed))).toMatchObject({ kind: 'bag', differences: [] });
    const inner = driveFolder(drive, { path: parsePath(`${placed.path}/data`) });
    expect((await inner.list()).map(({ path }) => path).sort()).toEqual(Object.keys(contents).sort());
  });

  test('has the receipt as a tag file too, and names its report', async () => {
    const files = new Map<string, string>();
    for await (const file of await bag()) {
      const bytes = 'bytes' in file ? file.bytes : await readBytes(file.body.open(), 2 ** 26);
      files.set(file.path, Buffer.from(bytes).toString());
    }
    expect(files.get('receipts/dossier.sigstore.json')).toBe('{"receipt":true}');
    expect(files.get('receipts/dossier.json')).toBe(files.get('data/dossier.json'));
    const octets = Object.values(contents).reduce((sum, { length }) => sum + length, 0);
    expect(files.get('bag-info.txt')).toBe(
      `Bag-Software-Agent: Dossier\nBagging-Date: 2026-11-29\nExternal-Identifier: 01JDOSSIER\nExternal-Description: Flood in the valley\nBag-Size: 9.4 MB\nPayload-Oxum: ${octets}.9\n`,
    );
    expect([...files.keys()].at(-1)).toBe('bagit.txt');
    expect(files.get('manifest-sha256.txt')).toContain('  data/50%2525.txt\n');
  });

  test('takes the receipts that a ledger has for single files', async () => {
    const payload = from<OutgoingFile>([{ path: 'a/b.txt', bytes: utf8('b') }]);
    const asked: string[] = [];
    const made = bagOf({
      payload,
      name: 'n',
      now,
      async receiptOf({ path, digests }) {
        asked.push(path, digests.sha256, digests.dropboxContentHash);
        return utf8('receipt');
      },
    });
    const paths: string[] = [];
    for await (const { path } of made) paths.push(path);
    expect(asked).toEqual(['a/b.txt', digestsOf(utf8('b')).sha256, digestsOf(utf8('b')).dropboxContentHash]);
    expect(paths.slice(0, 2)).toEqual(['data/a/b.txt', 'ledger/files/a/b.txt.sigstore.json']);
  });

  test('that was cut off on a drive passes for none', async () => {
    const drive = createMemoryDrive();
    async function* cut() {
      for await (const file of await bag()) {
        if (file.path === 'bagit.txt') throw new Error('killed');
        yield file;
      }
    }
    await expect(placeExport(cut(), { drive, parent: { path: rootPath }, name: 'Flood', clock })).rejects.toThrow();
    const left = driveFolder(drive, { path: parsePath('/Flood') });
    await expect(checkFolder(left)).rejects.toThrow(/no whole bag/);
  });

  test('beside another of its name gets a folder of its own', async () => {
    const drive = createMemoryDrive();
    const place = { drive, parent: { path: rootPath }, name: 'Flood', clock };
    expect((await placeExport(await bag(), place)).path).toBe('/Flood');
    expect((await placeExport(await bag(), place)).path).toBe('/Flood 1');
  });
});

describe('a source that changes while it is bagged', () => {
  test.each(['photo.jpg', 'film.mp4'])('%s ends the export', async (name) => {
    const { drive, folder } = await reportOn();
    let round = 0;
    const changing = {
      ...drive,
      async *read(...args: Parameters<typeof drive.read>) {
        yield* drive.read(...args);
        if (!args[0].path.endsWith(name)) return;
        const there = await drive.stat(args[0]);
        if (there?.type !== 'file') return;
        const bytes = new Uint8Array(there.size).fill(round++);
        const target = { folder, name, replace: there.revision };
        await drive.upload(target, bytes, digestsOf(bytes));
      },
    };
    const payload = folderFiles({ drive: changing, folder, clock });
    await expect(archived(bagOf({ payload, name: 'n', now }))).rejects.toMatchObject({ code: 'source-changed' });
  });
});
