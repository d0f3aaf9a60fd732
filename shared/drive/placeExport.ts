import { DossierError, isDossierError } from '../core/errors.ts';
import { digestsOf } from '../core/hashing.ts';
import { numberedName, portableName } from '../core/names.ts';
import { joinPath, nameOf, parentOf } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import { retry } from '../core/retry.ts';
import { say } from '../core/sentence.ts';
import type { ExportFile } from '../core/zip.ts';
import type { Drive } from './drive.ts';
import { ensureFolder } from './ensureFolder.ts';
import type { EntryRef, FolderEntry } from './entry.ts';

export interface ExportPlace {
  readonly drive: Drive;
  /** Where the new folder is made; it must be there. */
  readonly parent: EntryRef;
  /** Of the new folder; made portable, and numbered where it is taken. */
  readonly name: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

const longestName = 80;
const mostNames = 1000;

/**
 * Writes an export into a new folder of any drive, this computer's among them, one file at a time, and gives that
 * folder. What is there already is never touched: a folder of its own is made. Codes: those of the drive. After a
 * failure the folder stays as far as it was filled; doing it again makes another.
 */
export async function placeExport(
  files: AsyncIterable<ExportFile>,
  { drive, parent, name, clock, signal }: ExportPlace,
): Promise<FolderEntry> {
  const folder = await newFolder(
    drive,
    parent,
    portableName(name, { maxLength: longestName, fallback: 'history' }),
    signal,
  );
  for await (const { path, bytes } of files) {
    const target = joinPath(folder.path, ...path.split('/'));
    const write = async (): Promise<void> => {
      const into = parentOf(target) === folder.path ? folder : await ensureFolder(drive, parentOf(target), { signal });
      try {
        await drive.upload({ folder: into, name: nameOf(target) }, bytes, digestsOf(bytes), { signal });
      } catch (error) {
        // An answer was lost: the folder is ours alone, so what lies there is this file or nothing.
        if (
          !isDossierError(error, 'already-exists') ||
          !(await drive.prove({ path: target }, bytes.length, digestsOf(bytes), { signal }))
        )
          throw error;
      }
    };
    await retry(write, { clock, signal });
  }
  return folder;
}

async function newFolder(
  drive: Drive,
  parent: EntryRef,
  name: string,
  signal: AbortSignal | undefined,
): Promise<FolderEntry> {
  for (let attempt = 0; attempt < mostNames; attempt++) {
    try {
      return await drive.createFolder(parent, numberedName(name, attempt), { signal });
    } catch (error) {
      if (!isDossierError(error, 'already-exists')) throw error;
    }
  }
  throw new DossierError('already-exists', say`There are too many folders called ${name} already`);
}
