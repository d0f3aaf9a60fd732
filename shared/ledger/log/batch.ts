import { concatBytes, toHex } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import type { RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { StateChange, StateRecord, StateStore } from '../../state/state.ts';
import { type Envelope, encodeLeaf, signStatement } from '../signing/envelope.ts';
import type { StatementKey } from '../signing/signingKeys.ts';
import { type MaskedClaims, maskClaims } from '../statement/mask.ts';
import {
  encodeStatement,
  type FileEvent,
  type LedgerEvent,
  parseStatement,
  type SubjectDigests,
} from '../statement/statement.ts';
import { appendLeaves, type CompactRange, hashLeaf } from './merkle.ts';
import * as records from './records.ts';
import { edgeTiles, tileWidth } from './tiles.ts';

/** Something that happened and is to be recorded. */
export interface Occurrence {
  readonly event: LedgerEvent;
  readonly asset: string;
  readonly subjects: readonly SubjectDigests[];
  /**
   * Tells this occurrence from others of the same event on the same asset: revision, report id. The same again is
   * recorded once.
   */
  readonly occasion: string;
  /** Milliseconds since 1970 UTC. */
  readonly observedAt: number;
  readonly masked?: MaskedClaims;
  readonly details?: Pick<FileEvent, 'hashSource' | 'claimed' | 'derivedFrom' | 'arrivedWith' | 'link' | 'nextKey'>;
}

export interface Recorded {
  readonly index: number;
  readonly asset: string;
  readonly event: LedgerEvent;
  readonly version: number;
  /** True when it had been recorded before; nothing was written. */
  readonly known: boolean;
}

export interface BatchPorts {
  readonly store: StateStore;
  readonly keys: records.LogKeys;
  readonly statementKey: StatementKey;
  readonly random: RandomBytes;
}

/** A statement on its way to its signature. */
interface Draft {
  readonly signing: Promise<Envelope>;
  readonly asset: string;
  readonly version: number;
  readonly occasion: string;
  /** Index of the asset's entry before it. */
  readonly previous?: number;
}

/** What the entries of one commit change. */
export interface Batch {
  /** One for each occurrence, in order. */
  readonly recorded: readonly Recorded[];
  /** The tree with the new leaves; that of before when everything was known. */
  readonly tree: CompactRange;
  /** Entries and all that leads to them, and the tiles that grow; the head is not among them. */
  readonly changes: readonly StateChange[];
}

/**
 * Signs what is new among the occurrences, to follow on `tree`. `head` is the record that says so; `revision-conflict`
 * when it is another by now.
 */
export async function createBatch(
  { store, keys, statementKey, random }: BatchPorts,
  { tree, head }: { readonly tree: CompactRange; readonly head: StateRecord | undefined },
  occurrences: readonly Occurrence[],
  signal?: AbortSignal,
): Promise<Batch> {
  const dedupes = occurrences.map(({ asset, event, occasion }) => sha256Hex(JSON.stringify([asset, event, occasion])));
  const edge = edgeTiles(tree.size);
  const held = await look([
    ...edge.map(({ level, index }) => keys.tile(level, index)),
    ...occurrences.map(({ asset }) => keys.asset(asset)),
  ]);
  // What is new to the ledger was not seen on any occasion.
  const old = dedupes.filter((_, at) => held.has(keys.asset(occurrences[at]!.asset)));
  const seen = old.length === 0 ? new Map<string, StateRecord>() : await look(old.map(keys.seen));

  const known = await readKnown();
  const draw = drawAhead(random, usualSalts * occurrences.length);
  const assets = new Map<string, records.AssetState>();
  const leaves: Uint8Array[] = [];
  const changes: StateChange[] = [];
  const drafts: Draft[] = [];
  const recorded: Recorded[] = [];
  for (const [at, occurrence] of occurrences.entries()) {
    // A statement names the leaf of the one before it on the same asset, which must be signed for that.
    if (drafts.some(({ asset }) => asset === occurrence.asset)) await addSigned();
    recorded.push(draft(occurrence, dedupes[at] as string));
  }
  await addSigned();
  for (const [asset, state] of assets)
    changes.push(records.put(keys.asset(asset), held.get(keys.asset(asset)), records.encodeAsset(state)));
  const grown = growTiles();
  return { recorded, tree: grown, changes };

  /** The records of one moment, that of the head that is known. */
  async function look(wanted: readonly string[]): Promise<Map<string, StateRecord>> {
    const found = await store.getAll([keys.head, ...wanted], signal);
    if (found.get(keys.head)?.version !== head?.version)
      throw new DossierError('revision-conflict', 'The ledger has grown meanwhile');
    return found;
  }

  /** The occurrences that an earlier batch recorded. */
  async function readKnown(): Promise<Map<string, Recorded>> {
    const indexes = new Map<string, number>();
    for (const dedupe of dedupes) {
      const record = seen.get(keys.seen(dedupe));
      if (record) indexes.set(dedupe, records.decodeIndex(record));
    }
    const entries =
      indexes.size > 0
        ? await store.getAll([...indexes.values()].map(keys.entry), signal)
        : new Map<string, StateRecord>();
    return new Map(
      [...indexes].map(([dedupe, index]) => {
        const entry = entries.get(keys.entry(index));
        if (!entry) throw new DossierError('ledger-broken', say`Entry ${index} of the ledger is missing`);
        const { event, asset, version } = parseStatement(records.decodeEntry(entry).envelope.payload).predicate;
        return [dedupe, { index, asset, event, version, known: true }];
      }),
    );
  }

  /** Begins to sign a statement, unless it is known. */
  function draft(occurrence: Occurrence, dedupe: string): Recorded {
    const { event, asset } = occurrence;
    const before = known.get(dedupe);
    if (before) return before;

    const index = tree.size + leaves.length + drafts.length;
    const stored = held.get(keys.asset(asset));
    const state = assets.get(asset) ?? (stored && records.decodeAsset(stored));
    const version = (state?.version ?? 0) + (records.beginsVersion(event) ? 1 : 0);
    const { digests, disclosures } = maskClaims(occurrence.masked ?? {}, draw);
    const payload = encodeStatement({
      subjects: occurrence.subjects,
      predicate: {
        event,
        asset,
        version,
        ...(state ? { prev: state.lastLeaf } : {}),
        observedAt: new Date(occurrence.observedAt).toISOString(),
        ...occurrence.details,
        _sd: digests,
        _sd_alg: 'sha-256',
      },
    });
    drafts.push({
      signing: signStatement(payload, statementKey),
      asset,
      version,
      occasion: dedupe,
      ...(state ? { previous: state.lastIndex } : {}),
    });
    known.set(dedupe, { index, asset, event, version, known: true });
    changes.push(records.add(keys.seen(dedupe), records.encodeIndex(index)));
    for (const digest of records.digestsIn(occurrence.subjects))
      changes.push(records.add(keys.digest(digest, index), new Uint8Array()));
    if (Object.keys(disclosures).length > 0)
      changes.push(records.add(keys.salt(index), records.encodeSalts(disclosures)));
    return { index, asset, event, version, known: false };
  }

  /** Puts what is being signed behind the leaves. */
  async function addSigned(): Promise<void> {
    const envelopes = await Promise.all(drafts.map(({ signing }) => signing));
    for (const [at, { asset, version, occasion, previous }] of drafts.splice(0).entries()) {
      const envelope = envelopes[at] as Envelope;
      const index = tree.size + leaves.length;
      const leaf = hashLeaf(encodeLeaf(envelope));
      leaves.push(leaf);
      assets.set(asset, { version, lastIndex: index, lastLeaf: toHex(leaf) });
      changes.push(
        records.add(
          keys.entry(index),
          records.encodeEntry({ envelope, occasion, ...(previous === undefined ? {} : { previous }) }),
        ),
      );
    }
  }

  function growTiles(): CompactRange {
    const tiles = new Map(
      edge.map(({ level, index, width }) => {
        const key = keys.tile(level, index);
        const bytes = held.get(key)?.value;
        if (bytes?.length !== width * 32)
          throw new DossierError('ledger-broken', say`The record ${key} of the ledger does not fit its head`);
        return [key, [bytes]];
      }),
    );
    const after = appendLeaves(tree, leaves, (level, index, hash) => {
      if (level % 8 !== 0) return;
      const key = keys.tile(level / 8, Math.floor(index / tileWidth));
      const parts = tiles.get(key);
      if (parts) parts.push(hash);
      else tiles.set(key, [hash]);
    });
    for (const [key, parts] of tiles)
      if (parts.length > 1 || !held.has(key)) changes.push(records.put(key, held.get(key), concatBytes(parts)));
    return after;
  }
}

/** Bytes that the salts and the decoy of a usual statement take. */
const usualSalts = 64;

/** Random bytes in small pieces, each given once, of which the host is asked for many at a time. */
function drawAhead(random: RandomBytes, ahead: number): RandomBytes {
  let left = new Uint8Array();
  return (length) => {
    if (left.length < length) left = new Uint8Array(random(Math.max(ahead, length)));
    const drawn = left.subarray(0, length);
    left = left.subarray(length);
    return drawn;
  };
}
