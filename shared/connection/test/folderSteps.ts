import { equalBytes, readBytes, toHex, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { digestsOf } from '../../core/hashing.ts';
import { type DrivePath, parentOf, rootPath } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { FileEntry } from '../../drive/entry.ts';
import type { Bench, Finding } from './bench.ts';

/** Writes a small file where reports will go, reads it back and removes it. */
export async function testFolder(bench: Bench): Promise<Finding> {
  const { drive, subject, ports } = bench;
  if (!drive) return { state: 'skipped', found: say`Nobody has signed in` };
  const context = { signal: ports.signal };
  const there = await nearestFolder(drive, subject.folder, context);
  if (there !== subject.folder && !subject.folderIsMade)
    return {
      state: 'failed',
      found: say`There is no folder ${subject.folder}`,
      advice: say`Make the folder at the service, or correct its name in the connection`,
    };
  if (!subject.writes || bench.permissions?.write === false)
    return {
      state: there === subject.folder ? 'good' : 'notice',
      found: there === subject.folder ? say`${there} is there` : say`There is no folder ${subject.folder} yet`,
    };
  const left = await probe(bench, drive, there, context);
  if (left !== undefined)
    return {
      state: 'notice',
      found: say`A test file was written to ${there} and could not be removed again`,
      advice: say`Remove ${left} by hand`,
    };
  if (there !== subject.folder)
    return { state: 'good', found: say`${subject.folder} is made with the first report; ${there} can be written to` };
  return {
    state: 'good',
    found:
      bench.permissions?.read === false
        ? say`${there}: a test file was written, its checksum compared, and removed`
        : say`${there}: a test file was written, read back and removed`,
  };
}

/** The folder itself, or the nearest one above it that is there. */
async function nearestFolder(drive: Drive, path: DrivePath, context: Context): Promise<DrivePath> {
  if (path === rootPath) return path;
  const found = await drive.stat({ path }, context);
  if (found?.type === 'file')
    throw new DossierError('type-mismatch', say`${path} is a file`, { advice: 'Choose another folder for reports.' });
  return found ? path : nearestFolder(drive, parentOf(path), context);
}

/** The name of the test file where it could not be removed again; undefined when all went well. */
async function probe(
  { ports: { randomBytes }, permissions }: Bench,
  drive: Drive,
  folder: DrivePath,
  context: Context,
): Promise<string | undefined> {
  const name = `dossier-test-${toHex(randomBytes(6))}.txt`;
  const bytes = utf8(`Written by a connection test of Dossier. May be removed.\n${name}\n`);
  const { entry } = await drive.upload({ folder: { path: folder }, name }, bytes, digestsOf(bytes), context);
  try {
    if (permissions?.read !== false) await compare(drive, entry, bytes, context);
  } catch (error) {
    await drive.remove(entry, { permanently: true }).catch(() => undefined);
    throw error;
  }
  try {
    await drive.remove(entry, { ...context, permanently: true });
    return undefined;
  } catch {
    return entry.path;
  }
}

async function compare(drive: Drive, entry: FileEntry, bytes: Uint8Array, context: Context): Promise<void> {
  const back = await readBytes(drive.read(entry, {}, context), bytes.length + 4096);
  if (!equalBytes(back, bytes))
    throw new DossierError('integrity-mismatch', 'What was read back is not what was written', {
      advice:
        'The server changes files. Ask its administrator what lies between: a virus scanner, a converter, a cache.',
    });
}

/** Less than this is told, bytes. */
const little = 100_000_000;

export async function testSpace({ account }: Bench): Promise<Finding> {
  const free = account?.freeBytes;
  if (free === undefined) return { state: 'skipped', found: say`The server does not tell how much space is free` };
  const found = say`${inUnits(free)} free`;
  return free < little
    ? { state: 'notice', found, advice: say`Free some space at the destination or raise its quota` }
    : { state: 'good', found };
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

function inUnits(bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.floor(value)} ${units[power]}`;
}
