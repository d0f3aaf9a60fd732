import { equalBytes, fromHex, toHex } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import type { Clock, RandomBytes } from '../../core/ports.ts';
import { type RetryPolicy, retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import type { StateChange, StateRecord, StateStore } from '../../state/state.ts';
import { type Checkpoint, type LogIdentity, openCheckpointOf, signCheckpoint } from '../signing/checkpoint.ts';
import type { LogKey, StatementKey } from '../signing/signingKeys.ts';
import { type BatchPorts, createBatch, type Occurrence, type Recorded } from './batch.ts';
import { emptyRange, inclusionProof, type NodeReader, rootOf } from './merkle.ts';
import * as records from './records.ts';
import { tileNodeReader } from './tiles.ts';

export type { Occurrence, Recorded } from './batch.ts';

export interface LogOptions {
  readonly store: StateStore;
  /** Names the ledger within the store: `[a-z0-9-]`. */
  readonly ledger: string;
  /** Name of the log in its checkpoints; cannot change later. */
  readonly origin: string;
  readonly logKey: LogKey;
  readonly statementKey: StatementKey;
  /** Keys that the log had before, oldest first; what they signed stays. */
  readonly former?: readonly LogIdentity[];
  readonly clock: Clock;
  readonly random: RandomBytes;
  /**
   * Signed notes of this log kept outside the store: published, sent, or remembered by the host. An older store beside
   * them is a restored backup.
   */
  readonly seenElsewhere?: () => Promise<readonly string[]>;
}

/**
 * The embedded ledger: an append-only log over any state store. Obligations:
 * - an occurrence is durable and covered by a signed checkpoint when `append` resolves; the same occasion again gives
 * the same entry;
 * - order under crash: batch and tree in one atomic commit, then the signature over exactly that tree; a restart signs
 * what was taken in;
 * - never signs a smaller tree, nor another tree of the same size; a store that is older than what was seen elsewhere
 * ends in `ledger-broken`;
 * - several processes on one store leave one gapless log: the commit of the head decides, the loser reads again.
 */
export interface Log {
  readonly identity: LogIdentity;
  /** Fingerprint of the key that signs statements. */
  readonly statementFingerprint: string;
  /** Codes: `ledger-broken`, and those of the store. Safe to repeat. */
  append(occurrences: readonly Occurrence[], signal?: AbortSignal): Promise<Recorded[]>;
  /** The newest signed head; signs first what a killed process left unsigned. Undefined for an empty log. */
  head(signal?: AbortSignal): Promise<{ readonly checkpoint: Checkpoint; readonly note: string } | undefined>;
  entry(index: number, signal?: AbortSignal): Promise<records.LogEntry | undefined>;
  /** Hashes from the leaf to the root of the tree of `size`. */
  prove(index: number, size: number, signal?: AbortSignal): Promise<Uint8Array[]>;
  /** Reads nodes of the tree of `size`. */
  nodes(size: number, signal?: AbortSignal): NodeReader;
  /** Indexes of entries with this digest among their subjects, oldest first. */
  find(digest: string, signal?: AbortSignal): Promise<number[]>;
  asset(asset: string, signal?: AbortSignal): Promise<records.AssetState | undefined>;
}

/** Statements that one checkpoint covers at most. */
const batchSize = 256;
const contention: RetryPolicy = { attempts: 40, firstDelayMs: 10, maxDelayMs: 1000, maxRetryAfterMs: 10_000 };

export function createLog(options: LogOptions): Log {
  const { store, logKey, statementKey, clock, origin, former = [] } = options;
  const keys = records.logKeys(options.ledger);
  const batchPorts: BatchPorts = { store, keys, statementKey, random: options.random };
  const identity: LogIdentity = { origin, publicKey: logKey.publicKey };
  const open = (note: string): Checkpoint => openCheckpointOf(note, [identity, ...former]);
  const keyed = (head: records.LogHead): records.LogHead =>
    former.length === 0 ? head : { ...head, generation: former.length };
  let queue: Promise<unknown> = Promise.resolve();
  let examined = false;

  const readHead = async (
    signal?: AbortSignal,
  ): Promise<{ head: records.LogHead; record: StateRecord | undefined }> => {
    const record = await store.get(keys.head, signal);
    const head = record ? records.decodeHead(record) : { origin, tree: emptyRange, signedSize: 0 };
    if (head.origin !== origin)
      throw new DossierError('ledger-broken', say`This store holds the ledger ${head.origin}, not ${origin}`);
    if ((head.generation ?? 0) > former.length)
      throw new DossierError('vault-locked', 'The keys of this ledger have been changed: open it with the new ones', {
        advice: null,
      });
    if (head.note !== undefined && open(head.note).size !== head.signedSize)
      throw new DossierError('ledger-broken', 'The stored checkpoint does not fit the stored head');
    if (!examined) await examine(head, signal);
    return { head, record };
  };

  /**
   * Once a process: the head fits the tiles, what was signed is its beginning, and nothing newer was seen elsewhere.
   */
  const examine = async (head: records.LogHead, signal?: AbortSignal): Promise<void> => {
    if (!equalBytes(await rootAt(head.tree.size, signal), rootOf(head.tree)))
      throw new DossierError('ledger-broken', 'The stored head does not fit the stored tree');
    if (head.note !== undefined && !equalBytes(await rootAt(head.signedSize, signal), open(head.note).root)) {
      throw new DossierError('ledger-broken', 'The stored tree does not continue what was signed');
    }
    for (const note of (await options.seenElsewhere?.()) ?? []) {
      const seen = open(note);
      if (seen.size > head.tree.size) {
        throw new DossierError(
          'ledger-broken',
          say`This ledger was seen with ${seen.size} entries and now has ${head.tree.size}: it looks like a restored backup. Bring back the newest copy, or begin a new ledger`,
          { advice: null },
        );
      }
      if (!equalBytes(await rootAt(seen.size, signal), seen.root))
        throw new DossierError(
          'ledger-broken',
          say`The ledger was seen with another history of its first ${seen.size} entries`,
        );
    }
    examined = true;
  };

  const nodes: Log['nodes'] = (size, signal) =>
    tileNodeReader(size, async ({ level, index, width }) => {
      const record = await store.get(keys.tile(level as number, index), signal);
      if (!record || record.value.length < width * 32)
        throw new DossierError('ledger-broken', say`Tile ${level}/${index} of the ledger is missing`);
      return record.value.subarray(0, width * 32);
    });

  const rootAt = async (size: number, signal?: AbortSignal): Promise<Uint8Array> => {
    const read = nodes(size, signal);
    const hashes: Uint8Array[] = [];
    for (let at = 0; at < size; ) {
      const level = Math.floor(Math.log2(size - at));
      hashes.push(await read(level, at / 2 ** level));
      at += 2 ** level;
    }
    return rootOf({ size, hashes });
  };

  /** Signs the tree that was taken in, if that has not been done. */
  const signTaken = async (head: records.LogHead, record: StateRecord, signal?: AbortSignal): Promise<string> => {
    if (head.note !== undefined && head.signedSize === head.tree.size) return head.note;
    const note = signCheckpoint({ origin, size: head.tree.size, root: rootOf(head.tree) }, logKey);
    await store.commit(
      [records.put(keys.head, record, records.encodeHead(keyed({ ...head, note, signedSize: head.tree.size })))],
      signal,
    );
    return note;
  };

  const takeIn = async (occurrences: readonly Occurrence[], signal?: AbortSignal): Promise<Recorded[]> => {
    const { head, record } = await readHead(signal);
    // What another process left unsigned is signed before anything is put on top of it.
    if (record && head.signedSize < head.tree.size) {
      await signTaken(head, record, signal);
      return takeIn(occurrences, signal);
    }
    const { recorded, tree, changes } = await createBatch(
      batchPorts,
      { tree: head.tree, head: record },
      occurrences,
      signal,
    );
    if (tree.size === head.tree.size) return [...recorded];
    const next = keyed({ ...head, tree });
    const [version] = await commitOn(
      record,
      [records.put(keys.head, record, records.encodeHead(next)), ...changes],
      signal,
    );
    await signTaken(next, { key: keys.head, value: new Uint8Array(), version: version as number }, signal);
    return [...recorded];
  };

  /**
   * Every writer changes the head with whatever else it changes: a conflict under the same head is damage, and would
   * never end.
   */
  const commitOn = async (
    head: StateRecord | undefined,
    changes: readonly StateChange[],
    signal?: AbortSignal,
  ): Promise<number[]> => {
    try {
      return await store.commit(changes, signal);
    } catch (error) {
      if (
        !isDossierError(error, 'revision-conflict') ||
        (await store.get(keys.head, signal))?.version !== head?.version
      )
        throw error;
      throw new DossierError('ledger-broken', 'A record of the ledger does not fit its head', { cause: error });
    }
  };

  /** One batch at a time within this process; other processes meet at the head's version. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work, work);
    queue = turn.catch(() => undefined);
    return turn;
  };

  const contended = <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    retry(
      () =>
        work().catch((error: unknown) => {
          if (isDossierError(error, 'revision-conflict'))
            throw new DossierError('locked', 'Another window or worker is writing to this ledger', { cause: error });
          throw error;
        }),
      { clock, signal, policy: contention },
    );

  return {
    identity,
    statementFingerprint: statementKey.fingerprint,
    nodes,
    append: (occurrences, signal) =>
      inTurn(async () => {
        const results: Recorded[] = [];
        for (let at = 0; at < occurrences.length; at += batchSize) {
          results.push(...(await contended(() => takeIn(occurrences.slice(at, at + batchSize), signal), signal)));
        }
        return results;
      }),
    head: (signal) =>
      contended(async () => {
        const { head, record } = await readHead(signal);
        if (!record) return undefined;
        const note = await signTaken(head, record, signal);
        return { checkpoint: open(note), note };
      }, signal),
    async entry(index, signal) {
      const record = await store.get(keys.entry(index), signal);
      return record && records.decodeEntry(record);
    },
    prove: (index, size, signal) => inclusionProof(nodes(size, signal), index, size),
    async find(digest, signal) {
      return (await store.list(keys.digests(toHex(fromHex(digest))), signal)).map(({ key }) => records.indexOfKey(key));
    },
    async asset(asset, signal) {
      const record = await store.get(keys.asset(asset), signal);
      return record && records.decodeAsset(record);
    },
  };
}
