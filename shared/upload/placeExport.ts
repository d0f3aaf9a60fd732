import { DossierError, isDossierError } from '../core/errors.ts';
import { digestsOf } from '../core/hashing.ts';
import { numberedName, portableName } from '../core/names.ts';
import { type DrivePath, joinPath, nameOf, parentOf } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import { retry } from '../core/retry.ts';
import { say } from '../core/sentence.ts';
import type { ExportFile, StreamedFile } from '../core/zip.ts';
import type { Drive } from '../drive/drive.ts';
import { ensureFolder } from '../drive/ensureFolder.ts';
import type { EntryRef, FolderEntry } from '../drive/entry.ts';
import { type ByteSource, bytesSource } from '../drive/source.ts';
import { createUploader } from './uploader.ts';

export interface ExportPlace {
  readonly drive: Drive;
  /** Where the new folder is made; it must be there. */
  readonly parent: EntryRef;
  /** Of the new folder; made portable, and numbered where it is taken. */
  readonly name: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

const longestName = 80;
const mostNames = 1000;

/**
 * Writes an export into a new folder of any drive, this computer's among them, one file at a time and in their order,
 * and gives that folder. What is there already is never touched: a folder of its own is made. Codes: those of the drive
 * and of the files. After a failure the folder stays as far as it was filled; doing it again makes another.
 */
export async function placeExport(
  files: AsyncIterable<ExportFile | StreamedFile<ByteSource>>,
  place: ExportPlace,
): Promise<FolderEntry> {
  const { drive, parent, clock, signal } = place;
  const name = portableName(place.name, { maxLength: longestName, fallback: 'history' });
  const folder = await newFolder(drive, parent, name, signal);
  const made = new Map<DrivePath, EntryRef>([[folder.path, folder]]);
  for await (const file of files) {
    const target = joinPath(folder.path, ...file.path.split('/'));
    const above = parentOf(target);
    const into = made.get(above) ?? (await retry(() => ensureFolder(drive, above, { signal }), { clock, signal }));
    made.set(above, into);
    if ('bytes' in file && file.bytes.length <= drive.capabilities.upload.maxSingle)
      await retry(() => write(place, into, nameOf(target), file.bytes), { clock, signal });
    else await send(place, into, nameOf(target), 'bytes' in file ? bytesSource(file.bytes) : file.body);
  }
  return folder;
}

async function write({ drive, signal }: ExportPlace, folder: EntryRef, name: string, bytes: Uint8Array): Promise<void> {
  try {
    await drive.upload({ folder, name }, bytes, digestsOf(bytes), { signal });
  } catch (error) {
    // An answer was lost: the folder is ours alone, so what lies there is this file or nothing.
    const target = { path: joinPath(folder.path, name) };
    if (
      !isDossierError(error, 'already-exists') ||
      !(await drive.prove(target, bytes.length, digestsOf(bytes), { signal }))
    )
      throw error;
  }
}

/** A file that is not held in memory. Nothing is kept of it: an export that was cut off is made anew. */
async function send({ drive, clock, signal }: ExportPlace, folder: EntryRef, name: string, source: ByteSource) {
  const journal = { load: async () => [], save: async () => undefined };
  const item = { id: name, source, target: { folder, name } };
  const [outcome] = await createUploader({ drive, clock, journal }).deliver([item], { signal });
  if (!outcome?.ok) throw outcome?.error ?? new DossierError('cancelled');
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
