import type { ArchiveBytes } from '../../core/archive.ts';
import { throwIfCancelled } from '../../core/errors.ts';
import { bagDeclaration } from '../bag/bagNames.ts';
import { manifestName } from '../content/fileNames.ts';
import { archivedFolder } from './archivedFolder.ts';
import { checkBag } from './checkBag.ts';
import { checkReport } from './checkReport.ts';
import type { FolderVerdict } from './difference.ts';
import type { FolderReader } from './folderReader.ts';

/** Compares a folder with its own records, whether it is a bag or a delivered report. Codes: as both. */
export async function checkFolder(folder: FolderReader, signal?: AbortSignal): Promise<FolderVerdict> {
  const stoppable: FolderReader = {
    list: () => folder.list(),
    read: (path) => untilAborted(folder.read(path), signal),
  };
  const names = new Set((await folder.list()).map(({ path }) => path));
  // Who lays a declaration beside a report must not choose what of it is looked at.
  return names.has(bagDeclaration) && !names.has(manifestName) ? checkBag(stoppable) : checkReport(stoppable);
}

/** As `checkFolder`, of a bag or a report that was packed into a ZIP archive. Codes: as `openArchive` too. */
export async function checkArchive(bytes: ArchiveBytes, signal?: AbortSignal): Promise<FolderVerdict> {
  return checkFolder(await archivedFolder(bytes), signal);
}

async function* untilAborted(pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    throwIfCancelled(signal);
    yield piece;
  }
}
