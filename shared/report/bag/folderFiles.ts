import { concatBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { contentHashOf } from '../../core/hashing.ts';
import { type DrivePath, rootPath } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import { isInStore } from '../../core/storeFolder.ts';
import type { ExportFile, StreamedFile } from '../../core/zip.ts';
import type { Drive } from '../../drive/drive.ts';
import { driveSource } from '../../drive/driveSource.ts';
import type { EntryRef, FileEntry } from '../../drive/entry.ts';
import type { ByteSource } from '../../drive/source.ts';
import type { Unreadable } from '../../drive/unreadable.ts';

/** A file on its way out of a drive: in memory when it is small, else read when it is wanted. */
export type OutgoingFile = ExportFile | StreamedFile<ByteSource>;

export interface OutgoingFolder {
  readonly drive: Drive;
  readonly folder: EntryRef & { readonly path: DrivePath };
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each file before it is read. */
  readonly onFile?: (entry: FileEntry, path: string) => void;
}

/** Bytes that are read in one go, and in one go again where that fails. */
const step = 8 * 1024 * 1024;

/**
 * All files of a folder and its subfolders by their paths in it, in the order of their names; Dossier's own records are
 * none of them. Each is exactly what was listed, and what cannot be read is an error: nothing is left out in silence.
 * Memory: one piece of 8 MiB and the listing. Codes: those of the drive; `source-changed`; `unsupported` for a document
 * without bytes.
 */
export async function* folderFiles(source: OutgoingFolder): AsyncIterable<OutgoingFile> {
  const { drive, clock, signal, onFile } = source;
  for (const [path, entry] of await retry(() => listed(source), { clock, signal })) {
    if (!entry.downloadable)
      throw new DossierError('unsupported', say`"${entry.path}" exists only at the service: it has no bytes`, {
        path: entry.path,
        advice: null,
      });
    onFile?.(entry, path);
    const content = driveSource(drive, entry, signal);
    const patience = { clock, signal };
    if (entry.size <= step) yield { path, bytes: await retry(() => wholeOf(content, entry), patience) };
    else yield { path, body: { ...content, open: (range) => inPieces(content, entry, { ...range }, patience) } };
  }
}

async function listed({ drive, folder, signal }: OutgoingFolder): Promise<readonly [string, FileEntry][]> {
  const top = folder.path === rootPath ? rootPath : (await drive.stat(folder, { signal }))?.path;
  if (top === undefined) throw new DossierError('not-found', undefined, { path: folder.path });
  const skip = top === rootPath ? 1 : top.length + 1;
  const files: [string, FileEntry][] = [];
  const onUnreadable = ({ path, error }: Unreadable): never => {
    throw new DossierError(error.code, say`"${path}" could not be read: ${error.message}`, { path, cause: error });
  };
  for await (const page of drive.list(folder, { recursive: true, onUnreadable }, { signal }))
    for (const entry of page)
      if (entry.type === 'file' && !isInStore(entry.path)) files.push([entry.path.slice(skip), entry]);
  return files.sort(([a], [b]) => (a < b ? -1 : 1));
}

async function wholeOf(content: ByteSource, entry: FileEntry): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of content.open()) parts.push(part);
  const bytes = concatBytes(parts);
  if (bytes.length !== entry.size) throw changed(entry);
  if (entry.digest === undefined) await demandListed(content, entry);
  else if (contentHashOf(bytes) !== entry.digest) throw changed(entry);
  return bytes;
}

interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** A connection that is lost costs one piece. */
async function* inPieces(
  content: ByteSource,
  entry: FileEntry,
  { start = 0, end = entry.size }: { start?: number; end?: number },
  patience: Patience,
): AsyncIterable<Uint8Array> {
  for (let at = start; at < end; at += step) {
    const until = Math.min(at + step, end);
    yield await retry(async () => {
      const parts: Uint8Array[] = [];
      for await (const part of content.open({ start: at, end: until })) parts.push(part);
      const bytes = concatBytes(parts);
      if (bytes.length !== until - at) throw changed(entry);
      // Pieces of two versions are no version.
      if (until === entry.size) await demandListed(content, entry);
      return bytes;
    }, patience);
  }
}

async function demandListed(content: ByteSource, entry: FileEntry): Promise<void> {
  if ((await content.fingerprint()) !== entry.revision) throw changed(entry);
}

function changed({ path }: FileEntry): DossierError {
  return new DossierError('source-changed', say`"${path}" changed while it was read`, {
    path,
    advice: 'Try again when nobody writes there.',
  });
}
