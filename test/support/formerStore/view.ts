import { fromBase64, toBase64 } from '../../../shared/core/bytes.ts';
import { DossierError } from '../../../shared/core/errors.ts';
import type { readSnapshot } from '../../../shared/state/onDrive/formerSnapshot.ts';
import type { StateChange, StateRecord } from '../../../shared/state/state.ts';
import type { Adopted, Batch, Opening, Snapshot } from './epochRecord.ts';

/** The records as one epoch has them after its record `position`. */
export interface View {
  readonly epoch: number;
  position: number;
  /** By the holder's clock; 0 once it has released the epoch. */
  until: number;
  readonly lineage: readonly Adopted[];
  snapshot: Opening['snapshot'];
  /** Commits since the snapshot. */
  tail: Batch[];
  /** Bytes of the tail, in base64. */
  tailSize: number;
  readonly records: Map<string, StateRecord>;
}

/** Commits that one epoch can number: versions are made of the epoch and the position in it, so they never repeat. */
const positionsPerEpoch = 2 ** 20;
/** Adopted epochs that an opening still names: a holder that slept longer learns only that it cannot know. */
const longestLineage = 500;
/** Bytes around the records of a file. */
const roomForFrame = 1024;

export function emptyView(): View {
  return {
    epoch: 0,
    position: 0,
    until: 0,
    lineage: [],
    snapshot: undefined,
    tail: [],
    tailSize: 0,
    records: new Map(),
  };
}

export async function openView(opening: Opening, snapshot: ReturnType<typeof readSnapshot> | undefined): Promise<View> {
  const { epoch, until, lineage } = opening;
  const records = new Map<string, StateRecord>();
  for await (const [key, version, value] of snapshot ?? []) records.set(key, { key, version, value });
  const view: View = { epoch, position: 0, until, lineage, snapshot: opening.snapshot, tail: [], tailSize: 0, records };
  for (const batch of opening.tail) applyBatch(view, batch);
  return view;
}

/** The view under a new epoch that adopts it as it is. */
export function adoptView(view: View, epoch: number): View {
  const lineage =
    view.epoch === 0 ? [] : [...view.lineage, [view.epoch, view.position] as const].slice(-longestLineage);
  return { ...view, epoch, position: 0, lineage };
}

export function applyBatch(view: View, batch: Batch): void {
  for (const [key, value] of batch.changes) {
    if (value === null) view.records.delete(key);
    else view.records.set(key, { key, version: batch.version, value: fromBase64(value) });
    view.tailSize += key.length + (value?.length ?? 0);
  }
  view.tail.push(batch);
}

export function batchOf(changes: readonly StateChange[], epoch: number, position: number): Batch {
  return {
    version: epoch * positionsPerEpoch + position,
    changes: changes.map(({ key, value }) => [key, value ? toBase64(value) : null]),
  };
}

/**
 * `too-large` when the commit, or the snapshot that holds it, would be larger than readers take. What makes the store
 * no larger is always let through.
 */
export function demandRoom(view: View, changes: readonly StateChange[], largest: number): void {
  let [added, removed] = [0, 0];
  for (const { key, value } of changes) {
    const before = view.records.get(key);
    if (value) added += sizeInSnapshot(key, value);
    if (before) removed += sizeInSnapshot(key, before.value);
  }
  if (added <= removed) return;
  let size = added - removed;
  for (const { key, value } of view.records.values()) size += sizeInSnapshot(key, value);
  if (Math.max(added, size) > largest - roomForFrame)
    throw new DossierError(
      'too-large',
      `The store holds as much as it can, ${Math.floor(largest / 2 ** 20)} MiB: begin a store in another folder`,
    );
}

export function snapshotOf(view: View): Snapshot {
  return {
    kind: 'snapshot',
    records: [...view.records.values()].map(({ key, version, value }) => [key, version, toBase64(value)]),
  };
}

/** Whether the epoch of `view` adopted a record of an earlier one; undefined when that is too long ago to tell. */
export function hasAdopted(view: View, epoch: number, position: number): boolean | undefined {
  const entry = view.lineage.find(([adopted]) => adopted === epoch);
  if (entry) return position <= entry[1];
  const oldest = view.lineage[0]?.[0];
  return oldest === undefined || oldest <= epoch || view.lineage.length < longestLineage ? false : undefined;
}

/** Bytes that a record takes in a snapshot. */
function sizeInSnapshot(key: string, value: Uint8Array): number {
  return key.length + 4 * Math.ceil(value.length / 3) + '["",9007199254740991,""],'.length;
}
