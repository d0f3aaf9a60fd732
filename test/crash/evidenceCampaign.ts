import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type Drive, driveFolder, type FolderReader, parsePath, readBytes, readMetadata } from '../../shared/index.ts';
import { checkReport } from '../../shared/report/check/checkReport.ts';
import { createDeliveryJournal, createMemoryState, submit } from '../../shared/testing.ts';
import { seededInteger } from '../support/seeded.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { canary, evidenceReport } from './evidenceReports.ts';

/** Says what is wrong with a delivered folder on this computer; nothing when it is accepted. */
export type Judge = (folder: string) => Promise<string | undefined>;

/** Sends a report and copies what arrived to where other people's programs can look at it. */
export async function deliver(drive: Drive, seed: number, into: string): Promise<{ leaked: number; calls: number }> {
  const { report, open } = evidenceReport(seed);
  const state = createMemoryState();
  const journal = createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
  const clock = createVirtualClock({ auto: true });
  const root = { path: parsePath('/Reports') };
  const calls = await networkCallsOf(async () => {
    for (const attachment of report.attachments) await readMetadata(await open(attachment));
  });
  const { destination } = await submit({ report, drive, root, sources: { open }, journal, clock, submittedBy: 'Zoë' });
  const folder = driveFolder(drive, { path: parsePath(destination.path) });
  await mkdir(into, { recursive: true });
  let leaked = 0;
  for (const { path } of await folder.list()) {
    const bytes = Buffer.from(await readBytes(folder.read(path), 2 ** 24));
    if (bytes.includes(canary)) leaked++;
    await writeFile(join(into, path), bytes);
  }
  // The picture itself holds it, and nothing else.
  return { leaked: leaked - 1, calls };
}

/** Connections that are begun while something is done. */
async function networkCallsOf(act: () => Promise<void>): Promise<number> {
  const { connect } = Socket.prototype;
  let calls = 0;
  Socket.prototype.connect = function (this: Socket, ...given: Parameters<typeof connect>) {
    calls++;
    return connect.apply(this, given);
  } as typeof connect;
  try {
    await act();
    return calls;
  } finally {
    Socket.prototype.connect = connect;
  }
}

export function diskFolder(folder: string): FolderReader {
  return {
    async list() {
      const names = await readdir(folder);
      return Promise.all(names.map(async (path) => ({ path, size: (await readFile(join(folder, path))).length })));
    },
    async *read(path) {
      yield new Uint8Array(await readFile(join(folder, path)));
    },
  };
}

/** Programs that know nothing of Dossier, and Dossier's own look. */
export function judges(
  checkCrate: (crate: string, files: readonly string[]) => Promise<string[]>,
): Record<string, Judge> {
  const program =
    (command: string, ...args: string[]): Judge =>
    async (folder) => {
      const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
      return status === 0 ? undefined : `${command}: ${stdout}${stderr}`;
    };
  return {
    sha256sum: program('sha256sum', '--check', '--strict', '--quiet', 'SHA256SUMS'),
    rhash: program('rhash', '--check', '--skip-ok', 'SHA256SUMS'),
    async crate(folder) {
      const text = await readFile(join(folder, 'ro-crate-metadata.json'), 'utf8');
      const errors = await checkCrate(text, await readdir(folder));
      return errors.length === 0 ? undefined : errors.join('; ');
    },
    async dossier(folder) {
      const said = await checkReport(diskFolder(folder)).catch((error: unknown) => String(error));
      if (typeof said === 'string') return said;
      return said.differences.length === 0 ? undefined : JSON.stringify(said.differences);
    },
  };
}

/** One change to a delivered folder, which the function that comes back undoes. */
export async function change(folder: string, random: () => number): Promise<{ what: string; undo(): Promise<void> }> {
  const names = (await readdir(folder)).sort();
  const name = names[seededInteger(random, names.length)] as string;
  const path = join(folder, name);
  const before = await readFile(path);
  switch (seededInteger(random, 4)) {
    case 0: {
      const after = before.length === 0 ? Buffer.from([0]) : Buffer.from(before);
      if (before.length > 0) after[seededInteger(random, before.length)]! ^= 1 << seededInteger(random, 8);
      await writeFile(path, after);
      return { what: `byte ${name}`, undo: () => writeFile(path, before) };
    }
    case 1:
      await rename(path, `${path}x`);
      return { what: `name ${name}`, undo: () => rename(`${path}x`, path) };
    case 2: {
      const added = join(folder, `${seededInteger(random, 1000)} ${name}`);
      await writeFile(added, before);
      return { what: `added ${added}`, undo: () => rm(added) };
    }
    default:
      await rm(path);
      return { what: `gone ${name}`, undo: () => writeFile(path, before) };
  }
}
