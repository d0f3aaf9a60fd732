import { randomBytes } from 'node:crypto';
import { DossierError, isDossierError, throwIfCancelled } from '../../core/errors.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import type { Clock, RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { Drive } from '../../drive/drive.ts';
import { checkChanges, checkExpectations } from '../changes.ts';
import { checkKey, checkPrefix } from '../key.ts';
import { plainCipher, type StoreCipher } from '../segments/cipher.ts';
import { type Levels, usualLevels } from '../segments/compaction.ts';
import { createSegmentReader } from '../segments/reading.ts';
import { type Row, sizeOfRow } from '../segments/rows.ts';
import { type SegmentShape, usualShape } from '../segments/segment.ts';
import { findRows, mergeRows, rangeOf, scanRows, sourceOf } from '../segments/table.ts';
import type { StateChange, StateRecord, StateStore } from '../state.ts';
import { createDriveFiles, createSegmentFiles } from './driveFiles.ts';
import { createEpochFolders } from './epochFolders.ts';
import { createEpochLog } from './epochLog.ts';
import { openFormerStore } from './formerStore.ts';
import { createUpkeep } from './upkeep.ts';
import { sortedRows, type View } from './view.ts';

export interface DriveStateOptions {
  readonly drive: Drive;
  /** A folder for the records alone; made with the first commit. */
  readonly folder: DrivePath;
  readonly clock: Clock;
  /** Seals everything that is written, keys too. Nothing is hidden unless it is given. */
  readonly cipher?: StoreCipher;
  /** Milliseconds after its last commit that a client is left alone. The same for all clients. */
  readonly holdMs?: number;
  /**
   * Milliseconds for which a look at the folder serves further reads, up to the next commit. Reads that follow one
   * another as closely belong together, and are served by one look for up to twenty times as long: over a slow line a
   * question to the ledger is many of them. What others commit meanwhile is seen so much later, as a whole, and never by
   * a commit: it always looks. 0 unless given.
   */
  readonly staleMs?: number;
  /** A number in [0, 1). */
  readonly jitter?: () => number;
  readonly random?: RandomBytes;
  /** Sizes that differ from the usual ones; the same for all clients. */
  readonly sizes?: Partial<StoreSizes>;
}

export interface StoreSizes {
  /** Bytes of the largest file of the log. A commit may have half of it: the rest is for what an opening repeats. */
  readonly largest: number;
  readonly shape: SegmentShape;
  readonly levels: Levels;
  /** Bytes of segments that are kept in memory. */
  readonly cache: number;
  /** Milliseconds for which what is not needed any more is left to those who read it just now. */
  readonly graceMs: number;
}

/**
 * Small records of a ledger that everybody reads who opens it, and that every batch writes anew: its name, its head, and
 * the tiles that are not full yet. They stay in the log, so that neither costs a look into segments.
 */
const staysAtHand = ({ key, value }: Row): boolean =>
  value !== undefined &&
  (/^ledger\/[^/]+\/(?:id|head)$/.test(key) || (/^ledger\/[^/]+\/tile\//.test(key) && value.length < 256 * 32));

const usualHoldMs = 4_000;
const usualSizes: StoreSizes = {
  largest: 128 * 2 ** 20,
  shape: usualShape,
  levels: usualLevels,
  cache: 16 * 2 ** 20,
  graceMs: 10 * 60_000,
};
/** How many times as long as one look serves any read it serves those that follow closely. */
const longestBurst = 20;
/** Readings of a segment that was merged away meanwhile, before that is taken for damage. */
const mostReadings = 4;

/**
 * Records in a folder of any drive, shared by any number of clients on any machines: see `epochLog.ts` and README.md
 * for why that holds. While a client has the epoch, a commit is one small file and one listing. What only grows lies in
 * segments, of which a client fetches what it asks for.
 */
export function createDriveState(options: DriveStateOptions): StateStore {
  const { drive, folder, clock, staleMs = 0, jitter = Math.random, holdMs = usualHoldMs } = options;
  const { cipher = plainCipher, random = randomBytes } = options;
  const { largest, shape, levels, cache, graceMs } = { ...usualSizes, ...options.sizes };
  const driveFiles = createDriveFiles(drive, clock, jitter);
  const files = createSegmentFiles(driveFiles, joinPath(folder, 'segments'));
  const reader = createSegmentReader({ files, cipher, cacheSize: cache });
  const former = openFormerStore({ files: driveFiles, folder, cipher, random });
  const upkeep = createUpkeep({ files, cipher, reader, random, shape, levels, staysAtHand, former, clock, graceMs });
  const folders = createEpochFolders({ files: driveFiles, folder: joinPath(folder, 'log'), cipher, random, largest });
  const log = createEpochLog({ folders, clock, jitter, holdMs, hasFormer: former.isThere, ...upkeep });
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    const turn = last.then(() => {
      throwIfCancelled(signal);
      return work();
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  /** The view of the last commit. */
  let committed: View | undefined;
  let seen: { readonly view: View; readonly at: number } | undefined;
  /** When the last read was over. */
  let readAt = Number.NEGATIVE_INFINITY;
  const serves = ({ at }: { readonly at: number }): boolean => {
    const now = clock.now();
    return now - at < staleMs || (now - readAt < staleMs && now - at < longestBurst * staleMs);
  };
  /** What `choose` takes of the newest rows, and the segments below them, both of one moment. */
  const reading = <T>(signal: AbortSignal | undefined, choose: (rows: ReadonlyMap<string, Row>) => T) =>
    inTurn(signal, async () => {
      if (!seen || !serves(seen)) seen = { view: await log.current(signal), at: clock.now() };
      return { newest: choose(seen.view.rows), manifest: seen.view.manifest };
    });

  /** Repeats a reading whose segments were merged away before it came to them. */
  const whileThere = async <T>(read: () => Promise<T>): Promise<T> => {
    for (let count = 1; ; count++) {
      try {
        const found = await read();
        readAt = clock.now();
        return found;
      } catch (error) {
        if (!isDossierError(error, 'not-found')) throw error;
        if (count === mostReadings)
          throw new DossierError('state-corrupt', 'A part of the store has been removed', { cause: error });
        seen = undefined;
      }
    }
  };

  const find = (keys: readonly string[], signal: AbortSignal | undefined): Promise<Map<string, StateRecord>> =>
    whileThere(async () => {
      const { newest, manifest } = await reading(signal, (rows) => new Map(keys.map((key) => [key, rows.get(key)])));
      const older = await findRows(
        manifest,
        reader,
        keys.filter((key) => !newest.get(key)),
      );
      return new Map(
        keys.flatMap((key) => recordOf(newest.get(key) ?? older.get(key)) ?? []).map((it) => [it.key, it]),
      );
    });

  const scan = (prefix: string, signal: AbortSignal | undefined): Promise<StateRecord[]> =>
    whileThere(async () => {
      const { newest, manifest } = await reading(signal, (rows) =>
        [...rows.values()].filter(({ key }) => key.startsWith(prefix)),
      );
      const found: StateRecord[] = [];
      const rows = mergeRows([sourceOf(sortedRows(newest)), scanRows(manifest, reader, rangeOf(prefix))]);
      for await (const row of rows) {
        throwIfCancelled(signal);
        const record = recordOf(row);
        if (record) found.push(record);
      }
      return found;
    });

  const versionsOf = async ({ rows, manifest }: View, changes: readonly StateChange[]): Promise<Map<string, Row>> => {
    const keys = changes.flatMap(({ key, fresh }) => (fresh ? [] : [key]));
    const older = await findRows(
      manifest,
      reader,
      keys.filter((key) => !rows.has(key)),
    );
    return new Map(keys.flatMap((key) => rows.get(key) ?? older.get(key) ?? []).map((row) => [row.key, row]));
  };

  const store = async (changes: readonly StateChange[], signal: AbortSignal | undefined): Promise<number[]> => {
    seen = undefined;
    let found: View | undefined;
    const version = await log.commit(async (view) => {
      found = view;
      const rows = await versionsOf(view, changes);
      const expecting = changes.filter(({ fresh }) => !fresh);
      checkExpectations(expecting, (key) => {
        const row = rows.get(key);
        return row?.value ? row.version : 0;
      });
      return changes;
    }, signal);
    committed = found;
    // A commit ends with a look, which serves what is read next like any other.
    seen = log.held();
    if (found) upkeep.start(found);
    return changes.map(({ value }) => (value === undefined ? 0 : version));
  };

  return {
    async get(key, signal) {
      return (await find([checkKey(key)], signal)).get(key);
    },
    getAll: async (keys, signal) => find(keys.map(checkKey), signal),
    list: async (prefix, signal) => scan(checkPrefix(prefix), signal),
    keys: async (prefix, signal) => (await scan(checkPrefix(prefix), signal)).map(({ key }) => key),
    async commit(changes, signal) {
      checkChanges(changes);
      const given = changes.map((change) => ({ ...change, value: change.value?.slice() }));
      const size = given.reduce((sum, { key, value }) => sum + sizeOfRow({ key, value, version: 0 }), 0);
      if (size > largest / 2)
        throw new DossierError('too-large', say`A commit may have at most ${Math.floor(largest / 2)} bytes`);
      return inTurn(signal, () => store(given, signal));
    },
    /** Leaves the epoch to others. */
    close: () =>
      inTurn(undefined, async () => {
        await upkeep.settled();
        // What cannot be done now is done by the next one.
        if (committed && (upkeep.isUntidy() || upkeep.isLarge(committed))) await log.tidy().catch(() => undefined);
        await log.release();
      }),
  };
}

function recordOf(row: Row | undefined): StateRecord | undefined {
  return row?.value && { key: row.key, version: row.version, value: row.value.slice() };
}
