import { concatBytes, equalBytes, fromHex, toHex } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { sha256Hex } from '../core/hashing.ts';
import type { Clock, RandomBytes } from '../core/ports.ts';
import { retry, type RetryPolicy } from '../core/retry.ts';
import type { StateChange, StateRecord, StateStore } from '../state/state.ts';
import { type Checkpoint, type LogIdentity, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { encodeLeaf, signStatement } from './envelope.ts';
import * as records from './logRecords.ts';
import { maskClaims, type MaskedClaims } from './mask.ts';
import { appendLeaves, emptyRange, hashLeaf, inclusionProof, type NodeReader, rootOf } from './merkle.ts';
import type { LogKey, StatementKey } from './signingKeys.ts';
import { encodeStatement, type FileEvent, type LedgerEvent, parseStatement, type SubjectDigests } from './statement.ts';
import { tileNodeReader, tileWidth } from './tiles.ts';

/** Something that happened and is to be recorded. */
export interface Occurrence {
  readonly event: LedgerEvent;
  readonly asset: string;
  readonly subjects: readonly SubjectDigests[];
  /** Tells this occurrence from others of the same event on the same asset: revision, report id. The same again is recorded once. */
  readonly occasion: string;
  /** Milliseconds since 1970 UTC. */
  readonly observedAt: number;
  readonly masked?: MaskedClaims;
  readonly details?: Pick<FileEvent, 'hashSource' | 'claimed' | 'derivedFrom' | 'link' | 'nextKey'>;
}

export interface Recorded {
  readonly index: number;
  readonly asset: string;
  readonly event: LedgerEvent;
  readonly version: number;
  /** True when it had been recorded before; nothing was written. */
  readonly known: boolean;
}

export interface LogOptions {
  readonly store: StateStore;
  /** Names the ledger within the store: `[a-z0-9-]`. */
  readonly ledger: string;
  /** Name of the log in its checkpoints; cannot change later. */
  readonly origin: string;
  readonly logKey: LogKey;
  readonly statementKey: StatementKey;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Signed notes of this log kept outside the store: published, sent, or remembered by the host. An older store beside them is a restored backup. */
  readonly seenElsewhere?: () => Promise<readonly string[]>;
}

/**
 * The embedded ledger: an append-only log over any state store. Obligations:
 * - an occurrence is durable and covered by a signed checkpoint when `append` resolves; the same occasion again gives the same entry;
 * - order under crash: batch and tree in one atomic commit, then the signature over exactly that tree; a restart signs what was taken in;
 * - never signs a smaller tree, nor another tree of the same size; a store that is older than what was seen elsewhere ends in `ledger-broken`;
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
  const { store, logKey, statementKey, clock, random, origin } = options;
  const keys = records.logKeys(options.ledger);
  const identity: LogIdentity = { origin, publicKey: logKey.publicKey };
  let queue: Promise<unknown> = Promise.resolve();
  let examined = false;

  const readHead = async (signal?: AbortSignal): Promise<{ head: records.LogHead; record: StateRecord | undefined }> => {
    const record = await store.get(keys.head, signal);
    const head = record ? records.decodeHead(record) : { origin, tree: emptyRange, signedSize: 0 };
    if (head.origin !== origin) throw new DossierError('ledger-broken', `This store holds the ledger ${head.origin}, not ${origin}`);
    if (head.note !== undefined && openCheckpoint(head.note, identity).size !== head.signedSize) throw new DossierError('ledger-broken', 'The stored checkpoint does not fit the stored head');
    if (!examined) await examine(head, signal);
    return { head, record };
  };

  /** Once a process: the head fits the tiles, what was signed is its beginning, and nothing newer was seen elsewhere. */
  const examine = async (head: records.LogHead, signal?: AbortSignal): Promise<void> => {
    if (!equalBytes(await rootAt(head.tree.size, signal), rootOf(head.tree))) throw new DossierError('ledger-broken', 'The stored head does not fit the stored tree');
    if (head.note !== undefined && !equalBytes(await rootAt(head.signedSize, signal), openCheckpoint(head.note, identity).root)) {
      throw new DossierError('ledger-broken', 'The stored tree does not continue what was signed');
    }
    for (const note of (await options.seenElsewhere?.()) ?? []) {
      const seen = openCheckpoint(note, identity);
      if (seen.size > head.tree.size) {
        throw new DossierError('ledger-broken', `This ledger was seen with ${seen.size} entries and now has ${head.tree.size}: it looks like a restored backup. Bring back the newest copy, or begin a new ledger`);
      }
      if (!equalBytes(await rootAt(seen.size, signal), seen.root)) throw new DossierError('ledger-broken', `The ledger was seen with another history of its first ${seen.size} entries`);
    }
    examined = true;
  };

  const nodes: Log['nodes'] = (size, signal) =>
    tileNodeReader(size, async ({ level, index, width }) => {
      const record = await store.get(keys.tile(level as number, index), signal);
      if (!record || record.value.length < width * 32) throw new DossierError('ledger-broken', `Tile ${level}/${index} of the ledger is missing`);
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
    await store.commit([records.put(keys.head, record, records.encodeHead({ ...head, note, signedSize: head.tree.size }))], signal);
    return note;
  };

  const takeIn = async (occurrences: readonly Occurrence[], signal?: AbortSignal): Promise<Recorded[]> => {
    const { head, record } = await readHead(signal);
    // What another process left unsigned is signed before anything is put on top of it.
    if (record && head.signedSize < head.tree.size) {
      await signTaken(head, record, signal);
      return takeIn(occurrences, signal);
    }
    const batch = createBatch(head.tree.size);
    const results: Recorded[] = [];
    for (const occurrence of occurrences) results.push(await addToBatch(batch, occurrence, signal));
    if (batch.leaves.length === 0) return results;

    const tiles = new Map<string, { before: StateRecord | undefined; hashes: Uint8Array[] }>();
    const complete: { level: number; index: number; hash: Uint8Array }[] = [];
    const tree = appendLeaves(head.tree, batch.leaves, (level, index, hash) => {
      if (level % 8 === 0) complete.push({ level: level / 8, index, hash });
    });
    for (const { level, index, hash } of complete) {
      const key = keys.tile(level, Math.floor(index / tileWidth));
      const tile = tiles.get(key) ?? (await openTile(key, signal));
      if (tile.hashes.length !== index % tileWidth) {
        // Read after the head, a tile may belong to a newer one already.
        if ((await store.get(keys.head, signal))?.version !== record?.version) throw new DossierError('revision-conflict', 'The ledger has grown meanwhile');
        throw new DossierError('ledger-broken', `The record ${key} of the ledger does not fit its head`);
      }
      tile.hashes.push(hash);
      tiles.set(key, tile);
    }
    const next: records.LogHead = { ...head, tree };
    const [version] = await store.commit(
      [
        records.put(keys.head, record, records.encodeHead(next)),
        ...batch.changes,
        ...[...tiles].map(([key, { before, hashes }]) => records.put(key, before, concatBytes(hashes))),
        ...[...batch.assets].map(([asset, { before, state }]) => records.put(keys.asset(asset), before, records.encodeAsset(state))),
      ],
      signal,
    );
    await signTaken(next, { key: keys.head, value: new Uint8Array(), version: version as number }, signal);
    return results;
  };

  const openTile = async (key: string, signal?: AbortSignal): Promise<{ before: StateRecord | undefined; hashes: Uint8Array[] }> => {
    const before = await store.get(key, signal);
    const hashes = Array.from({ length: (before?.value.length ?? 0) / 32 }, (_, at) => (before as StateRecord).value.subarray(at * 32, at * 32 + 32));
    return { before, hashes };
  };

  interface Batch {
    readonly first: number;
    readonly leaves: Uint8Array[];
    readonly changes: StateChange[];
    readonly seen: Map<string, Recorded>;
    readonly assets: Map<string, { before: StateRecord | undefined; state: records.AssetState }>;
  }

  const createBatch = (first: number): Batch => ({ first, leaves: [], changes: [], seen: new Map(), assets: new Map() });

  const addToBatch = async (batch: Batch, occurrence: Occurrence, signal?: AbortSignal): Promise<Recorded> => {
    const { event, asset } = occurrence;
    const dedupe = sha256Hex(JSON.stringify([asset, event, occurrence.occasion]));
    const before = batch.assets.get(asset) ?? (await readAsset(asset, signal));
    const known = batch.seen.get(dedupe) ?? (await readSeen(dedupe, occurrence, signal));
    if (known) return { ...known, known: true };

    const index = batch.first + batch.leaves.length;
    const version = (before.state?.version ?? 0) + (records.beginsVersion(event) ? 1 : 0);
    const { digests, disclosures } = maskClaims(occurrence.masked ?? {}, random);
    const payload = encodeStatement({
      subjects: occurrence.subjects,
      predicate: {
        event,
        asset,
        version,
        ...(before.state ? { prev: before.state.lastLeaf } : {}),
        observedAt: new Date(occurrence.observedAt).toISOString(),
        ...occurrence.details,
        _sd: digests,
        _sd_alg: 'sha-256',
      },
    });
    const envelope = signStatement(payload, statementKey);
    const leaf = hashLeaf(encodeLeaf(envelope));
    const recorded: Recorded = { index, asset, event, version, known: false };
    batch.leaves.push(leaf);
    batch.seen.set(dedupe, recorded);
    batch.assets.set(asset, { before: before.before, state: { version, lastIndex: index, lastLeaf: toHex(leaf) } });
    batch.changes.push(
      records.put(keys.entry(index), undefined, records.encodeEntry({ envelope, occasion: dedupe, ...(before.state ? { previous: before.state.lastIndex } : {}) })),
      records.put(keys.seen(dedupe), undefined, records.encodeIndex(index)),
      ...records.digestsIn(occurrence.subjects).map((digest) => records.put(keys.digest(digest, index), undefined, new Uint8Array())),
    );
    if (Object.keys(disclosures).length > 0) batch.changes.push(records.put(keys.salt(index), undefined, records.encodeSalts(disclosures)));
    return recorded;
  };

  const readAsset = async (asset: string, signal?: AbortSignal): Promise<{ before: StateRecord | undefined; state: records.AssetState | undefined }> => {
    const before = await store.get(keys.asset(asset), signal);
    return { before, state: before && records.decodeAsset(before) };
  };

  const readSeen = async (dedupe: string, { asset, event }: Occurrence, signal?: AbortSignal): Promise<Recorded | undefined> => {
    const record = await store.get(keys.seen(dedupe), signal);
    if (!record) return undefined;
    const index = records.decodeIndex(record);
    const entry = await log.entry(index, signal);
    if (!entry) throw new DossierError('ledger-broken', `Entry ${index} of the ledger is missing`);
    return { index, asset, event, version: versionIn(entry), known: true };
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
          if (isDossierError(error, 'revision-conflict')) throw new DossierError('locked', 'Another window or worker is writing to this ledger', { cause: error });
          throw error;
        }),
      { clock, signal, policy: contention },
    );

  const log: Log = {
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
        return { checkpoint: openCheckpoint(note, identity), note };
      }, signal),
    async entry(index, signal) {
      const record = await store.get(keys.entry(index), signal);
      return record && records.decodeEntry(record);
    },
    prove: (index, size, signal) => inclusionProof(nodes(size, signal), index, size),
    async find(digest, signal) {
      return (await store.list(keys.digests(toHex(fromHex(digest))), signal)).map(({ key }) => records.indexOfKey(key));
    },
    asset: async (asset, signal) => (await readAsset(asset, signal)).state,
  };
  return log;
}

function versionIn({ envelope }: records.LogEntry): number {
  return parseStatement(envelope.payload).predicate.version;
}
