import { readBytes } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import { type RetryPolicy, retry } from '../../core/retry.ts';
import type { Drive } from '../../drive/drive.ts';
import { ensureFolder } from '../../drive/ensureFolder.ts';
import type { Entry, EntryRef } from '../../drive/entry.ts';
import type { SegmentFiles } from '../segments/files.ts';
import { putFile } from './putFile.ts';

const policy: RetryPolicy = { attempts: 4, firstDelayMs: 300, maxDelayMs: 5_000, maxRetryAfterMs: 60_000 };
/** Bytes that are asked for, and asked for again, at a time. */
const partSize = 4 * 1024 * 1024;

/** Files of a store on a drive, each request repeated while that may help. */
export interface DriveFiles {
  readonly drive: Drive;
  repeated<T>(request: () => Promise<T>): Promise<T>;
  /** Undefined when the folder is not there. */
  entriesOf(path: DrivePath, recursive?: boolean): Promise<Entry[] | undefined>;
  /** A new file; the same bytes there already are a success. */
  put(folder: EntryRef, name: string, bytes: Uint8Array): Promise<void>;
  /** A file of any size, in pieces. */
  parts(path: DrivePath): AsyncIterable<Uint8Array>;
}

export function createDriveFiles(drive: Drive, clock: Clock, jitter: () => number): DriveFiles {
  const repeated = <T>(request: () => Promise<T>): Promise<T> => retry(request, { clock, policy, jitter });
  return {
    drive,
    repeated,
    entriesOf: (path, recursive = false) =>
      repeated(async () => {
        const entries: Entry[] = [];
        try {
          for await (const page of drive.list({ path }, { recursive })) entries.push(...page);
        } catch (error) {
          if (isDossierError(error, 'not-found')) return undefined;
          throw error;
        }
        return entries;
      }),
    put: (folder, name, bytes) => repeated(() => putFile(drive, { folder, name }, bytes)),
    async *parts(path) {
      const entry = await repeated(() => drive.stat({ path }));
      if (entry?.type !== 'file') throw new DossierError('not-found', undefined, { path });
      for (let start = 0; start < entry.size; start += partSize) {
        const end = Math.min(entry.size, start + partSize);
        yield await repeated(() => readBytes(drive.read({ path }, { start, end }), partSize));
      }
    },
  };
}

/** Segments in a folder of a drive. */
export function createSegmentFiles({ drive, repeated, entriesOf, put }: DriveFiles, folder: DrivePath): SegmentFiles {
  const { capabilities } = drive;
  /** Where it is known by id, uploads go there without a look. */
  let home: EntryRef | undefined;
  const isGone = (error: unknown): boolean =>
    isDossierError(error, 'parent-missing') ||
    isDossierError(error, 'not-found') ||
    isDossierError(error, 'invalid-path');
  const locate = async (): Promise<EntryRef> =>
    (capabilities.writesById && (await repeated(() => drive.stat({ path: folder })))) || { path: folder };
  return {
    read: (name, start, end) =>
      repeated(() => readBytes(drive.read({ path: joinPath(folder, name) }, { start, end }), end - start)),
    async write(name, bytes) {
      try {
        await put((home ??= await locate()), name, bytes);
      } catch (error) {
        if (!isGone(error)) throw error;
        await repeated(() => ensureFolder(drive, folder));
        home = await locate();
        await put(home, name, bytes);
      }
    },
    remove: (name) => repeated(() => drive.remove({ path: joinPath(folder, name) }, { permanently: true })),
    names: async () => ((await entriesOf(folder)) ?? []).map(({ name }) => name),
  };
}
