import { readBytes } from '../../../shared/core/bytes.ts';
import { DossierError, type ErrorCode, isDossierError } from '../../../shared/core/errors.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { type DrivePath, joinPath } from '../../../shared/core/paths.ts';
import type { Clock } from '../../../shared/core/ports.ts';
import { type RetryPolicy, retry } from '../../../shared/core/retry.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { ensureFolder } from '../../../shared/drive/ensureFolder.ts';
import type { Entry } from '../../../shared/drive/entry.ts';
import { readSnapshot } from '../../../shared/state/onDrive/formerSnapshot.ts';
import { putFile } from '../../../shared/state/onDrive/putFile.ts';
import { decodeRecord, type EpochRecord, encodeRecord, type Opening, type Snapshot } from './epochRecord.ts';

/** What a listing of the epochs folder shows. */
export interface Standing {
  /** Numbers of all epochs, ascending. */
  readonly epochs: readonly number[];
  readonly highest: number;
  /** Epochs that somebody waits for. */
  readonly wanted: ReadonlySet<number>;
}

/**
 * The folders and files of an epoch log, and nothing of its rules. Everything but `create` is safe to repeat, and is
 * repeated.
 */
export interface EpochFolders {
  standing(): Promise<Standing>;
  /** True when the epoch is ours alone; false when it is not, or when nobody can tell whose it is. */
  create(epoch: number): Promise<boolean>;
  /**
   * Position of the last record of an epoch; -1 when it has none, undefined when it is not there. `state-corrupt` when
   * one in between is missing.
   */
  lastPosition(epoch: number): Promise<number | undefined>;
  opening(epoch: number): Promise<Opening>;
  record(epoch: number, position: number): Promise<Exclude<EpochRecord, Opening>>;
  /** False when the epoch was folded away: a later one has decided already what is in it. */
  write(record: EpochRecord): Promise<boolean>;
  writeSnapshot(epoch: number, snapshot: Snapshot): Promise<NonNullable<Opening['snapshot']>>;
  /** Records of a snapshot of any size; they count once all were read without an error. */
  snapshot(reference: NonNullable<Opening['snapshot']>): ReturnType<typeof readSnapshot>;
  /** Tells the holder of an epoch that somebody waits. */
  want(epoch: number): Promise<void>;
  /** Removes what nobody needs any more: epochs below `epoch`, and snapshots older than the one it continues. */
  fold(epoch: number, standing: Standing, snapshot: Opening['snapshot']): Promise<void>;
}

/**
 * Bytes of the largest record or snapshot that is written, or taken for a record: no commit may make one that nobody
 * could read. Snapshots are read whatever their size: before this limit was kept to, there were larger ones.
 */
export const largestFile = 256 * 1024 * 1024;
/** Bytes of a snapshot that are asked for, and asked for again, at a time. */
const snapshotPart = 8 * 1024 * 1024;
const policy: RetryPolicy = { attempts: 4, firstDelayMs: 300, maxDelayMs: 5_000, maxRetryAfterMs: 60_000 };

const epochName = (epoch: number): string => String(epoch).padStart(12, '0');
const wantedName = (epoch: number): string => `wanted-${epochName(epoch)}`;
const snapshotName = (epoch: number): string => `${epochName(epoch)}.json`;
const recordName = (position: number): string => `${position}.json`;

/**
 * What a write into an epoch ends with that a later owner removes at that moment: before it, between its parts, or just
 * after it.
 */
const foldedAway: ReadonlySet<ErrorCode> = new Set(['parent-missing', 'not-found', 'session-expired']);

export function createEpochFolders(drive: Drive, folder: DrivePath, clock: Clock, jitter: () => number): EpochFolders {
  const epochs = joinPath(folder, 'epochs');
  const snapshots = joinPath(folder, 'snapshots');
  const repeated = <T>(request: () => Promise<T>): Promise<T> => retry(request, { clock, policy, jitter });
  const entriesOf = (path: DrivePath): Promise<Entry[] | undefined> =>
    repeated(async () => {
      const entries: Entry[] = [];
      try {
        for await (const page of drive.list({ path })) entries.push(...page);
      } catch (error) {
        if (isDossierError(error, 'not-found')) return undefined;
        throw error;
      }
      return entries;
    });
  const read = (path: DrivePath): Promise<Uint8Array> => repeated(() => readBytes(drive.read({ path }), largestFile));
  const parse = <K extends (EpochRecord | Snapshot)['kind']>(path: DrivePath, ...kinds: readonly K[]) =>
    read(path).then((bytes) => decodeRecord(bytes, path, ...kinds));

  /** A file of any size. */
  const parts = async function* (path: DrivePath): AsyncIterable<Uint8Array> {
    const entry = await repeated(() => drive.stat({ path }));
    if (entry?.type !== 'file') throw new DossierError('not-found', undefined, { path });
    for (let start = 0; start < entry.size; start += snapshotPart) {
      const end = Math.min(entry.size, start + snapshotPart);
      yield await repeated(() => readBytes(drive.read({ path }, { start, end }), snapshotPart));
    }
  };
  const put = (parent: DrivePath, name: string, bytes: Uint8Array): Promise<void> =>
    repeated(() => putFile(drive, { folder: { path: parent }, name }, bytes));

  return {
    async standing() {
      const entries = (await entriesOf(epochs)) ?? [];
      const numbers = entries
        .filter(({ type, name }) => type === 'folder' && /^\d{12}$/.test(name))
        .map(({ name }) => Number(name));
      const wanted = entries
        .filter(({ name }) => /^wanted-\d{12}$/.test(name))
        .map(({ name }) => Number(name.slice(7)));
      numbers.sort((a, b) => a - b);
      return { epochs: numbers, highest: numbers.at(-1) ?? 0, wanted: new Set(wanted) };
    },
    async create(epoch): Promise<boolean> {
      try {
        await drive.createFolder({ path: epochs }, epochName(epoch));
        return true;
      } catch (error) {
        if (isDossierError(error, 'parent-missing')) {
          await repeated(() => ensureFolder(drive, epochs));
          return this.create(epoch);
        }
        // Whatever happened, the epoch is not surely ours. Nobody having it costs a wait, two having it would cost a
        // commit.
        if (isDossierError(error, 'already-exists') || (isDossierError(error) && error.retry === 'later')) return false;
        throw error;
      }
    },
    async lastPosition(epoch) {
      const entries = await entriesOf(joinPath(epochs, epochName(epoch)));
      if (!entries) return undefined;
      const positions = entries
        .flatMap(({ name }) => (/^\d+\.json$/.test(name) ? Number.parseInt(name, 10) : []))
        .sort((a, b) => a - b);
      const missing = positions.findIndex((position, index) => position !== index);
      if (missing >= 0)
        throw new DossierError('state-corrupt', `Record ${missing} of epoch ${epoch} is gone from ${epochs}`, {
          path: epochs,
        });
      return positions.length - 1;
    },
    opening: (epoch) => parse(joinPath(epochs, epochName(epoch), recordName(0)), 'opening'),
    record: (epoch, position) => parse(joinPath(epochs, epochName(epoch), recordName(position)), 'append', 'release'),
    async write(record) {
      try {
        await put(
          joinPath(epochs, epochName(record.epoch)),
          recordName(record.kind === 'opening' ? 0 : record.position),
          encodeRecord(record),
        );
        return true;
      } catch (error) {
        if (isDossierError(error) && foldedAway.has(error.code)) return false;
        throw error;
      }
    },
    async writeSnapshot(epoch, snapshot) {
      const bytes = encodeRecord(snapshot);
      const name = snapshotName(epoch);
      await repeated(() => ensureFolder(drive, snapshots));
      await put(snapshots, name, bytes);
      return { name, sha256: sha256Hex(bytes) };
    },
    snapshot({ name, sha256 }) {
      const path = joinPath(snapshots, name);
      return readSnapshot(parts(path), { path, sha256 });
    },
    async want(epoch) {
      await drive.createFolder({ path: epochs }, wantedName(epoch)).catch(() => undefined);
    },
    async fold(epoch, { epochs: all, wanted }, snapshot) {
      for (const other of all.filter((number) => number < epoch))
        await drive.remove({ path: joinPath(epochs, epochName(other)) });
      for (const other of [...wanted].filter((number) => number < epoch))
        await drive.remove({ path: joinPath(epochs, wantedName(other)) });
      // A snapshot is only ever replaced by a later one.
      if (snapshot?.name !== snapshotName(epoch)) return;
      for (const { name, path } of (await entriesOf(snapshots)) ?? [])
        if (name < snapshot.name) await drive.remove({ path });
    },
  };
}
