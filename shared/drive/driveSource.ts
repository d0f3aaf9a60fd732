import { DossierError, isDossierError } from '../core/errors.ts';
import type { Drive } from './drive.ts';
import type { FileEntry } from './entry.ts';
import type { ByteSource } from './source.ts';

/** A file of any drive as what is sent elsewhere: exactly the version that was listed. Never writes to the drive. */
export function driveSource(drive: Drive, entry: FileEntry, signal?: AbortSignal): ByteSource {
  return {
    size: entry.size,
    open: (range = {}) => readListed(drive, entry, range, signal),
    async fingerprint() {
      const now = await drive.stat(entry, { signal });
      if (now?.type !== 'file') throw new DossierError('source-missing');
      return now.revision;
    },
  };
}

async function* readListed(
  drive: Drive,
  entry: FileEntry,
  range: { readonly start?: number; readonly end?: number },
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const end = Math.min(range.end ?? entry.size, entry.size);
  if ((range.start ?? 0) >= end) return;
  try {
    yield* drive.read(entry, { ...range, end }, { signal });
  } catch (error) {
    if (isDossierError(error, 'not-found') || isDossierError(error, 'type-mismatch'))
      throw new DossierError('source-missing', undefined, { cause: error });
    throw error;
  }
}
