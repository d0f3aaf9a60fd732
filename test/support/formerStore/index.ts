import { throwIfCancelled } from '../../../shared/core/errors.ts';
import type { DrivePath } from '../../../shared/core/paths.ts';
import type { Clock } from '../../../shared/core/ports.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { checkChanges, checkExpectations } from '../../../shared/state/changes.ts';
import { checkKey, checkPrefix } from '../../../shared/state/key.ts';
import type { StateRecord, StateStore } from '../../../shared/state/state.ts';
import { createEpochFolders, largestFile } from './epochFolders.ts';
import { createEpochLog } from './epochLog.ts';
import { batchOf, demandRoom } from './view.ts';

export interface DriveStateOptions {
  readonly drive: Drive;
  /** A folder for the records alone; made with the first commit. */
  readonly folder: DrivePath;
  readonly clock: Clock;
  /** Milliseconds after its last commit that a client is left alone. The same for all clients. */
  readonly holdMs?: number;
  /**
   * Milliseconds for which a look at the folder serves further reads, up to the next commit. What others commit
   * meanwhile is seen so much later, as a whole, and never by a commit: it always looks. 0 unless given.
   */
  readonly staleMs?: number;
  /** A number in [0, 1). */
  readonly jitter?: () => number;
  /** Bytes of the largest file that is written. The same for all clients. */
  readonly largest?: number;
}

const usualHoldMs = 4_000;

/**
 * The store as Dossier wrote it before there were segments, kept to try how clients of before and of now meet.
 *
 * Records in a folder of any drive, shared by any number of clients on any machines: see `epochLog.ts` for why that
 * holds. While a client has the epoch, a commit is one small file and one listing. All records are held in memory: this
 * is for outboxes and ledgers, not for files.
 */
export function createFormerDriveState({
  drive,
  folder,
  clock,
  holdMs = usualHoldMs,
  staleMs = 0,
  jitter = Math.random,
  largest = largestFile,
}: DriveStateOptions): StateStore {
  const log = createEpochLog({ folders: createEpochFolders(drive, folder, clock, jitter), clock, jitter, holdMs });
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    const turn = last.then(() => {
      throwIfCancelled(signal);
      return work();
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  let seen: { readonly records: ReadonlyMap<string, StateRecord>; readonly at: number } | undefined;
  const records = (signal: AbortSignal | undefined) =>
    inTurn(signal, async () => {
      if (!seen || clock.now() - seen.at >= staleMs)
        seen = { records: (await log.current(signal)).records, at: clock.now() };
      return seen.records;
    });

  return {
    async get(key, signal) {
      checkKey(key);
      return copyOf((await records(signal)).get(key));
    },
    async getAll(keys, signal) {
      keys.forEach(checkKey);
      const all = await records(signal);
      return new Map(keys.flatMap((key) => copyOf(all.get(key)) ?? []).map((record) => [record.key, record]));
    },
    async list(prefix, signal) {
      checkPrefix(prefix);
      const found = [...(await records(signal)).values()].filter(({ key }) => key.startsWith(prefix));
      return found.sort((a, b) => (a.key < b.key ? -1 : 1)).map((record) => copyOf(record)!);
    },
    async keys(prefix, signal) {
      checkPrefix(prefix);
      return [...(await records(signal)).keys()].filter((key) => key.startsWith(prefix)).sort();
    },
    async commit(changes, signal) {
      checkChanges(changes);
      const given = changes.map(({ key, value, expectedVersion }) => ({ key, value: value?.slice(), expectedVersion }));
      return inTurn(signal, async () => {
        seen = undefined;
        for (;;) {
          const view = await log.acquire(signal);
          try {
            checkExpectations(given, (key) => view.records.get(key)?.version ?? 0);
          } catch (conflict) {
            if (await log.stillOwned()) throw conflict;
            continue;
          }
          demandRoom(view, given, largest);
          const batch = batchOf(given, view.epoch, view.position + 1);
          if ((await log.append(batch)) === 'committed')
            return given.map(({ value }) => (value === undefined ? 0 : batch.version));
        }
      });
    },
    /** Leaves the epoch to others. */
    close: () => inTurn(undefined, () => log.release()),
  };
}

function copyOf(record: StateRecord | undefined): StateRecord | undefined {
  return record && { ...record, value: record.value.slice() };
}
