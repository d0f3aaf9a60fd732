import { emptyManifest, type Manifest } from '../segments/manifest.ts';
import { type Row, sizeOfRow } from '../segments/rows.ts';
import type { StateChange } from '../state.ts';
import type { Adopted, Opening } from './epochRecord.ts';

/** The records as one epoch has them after its record `position`. */
export interface View {
  readonly epoch: number;
  position: number;
  /** By the holder's clock; 0 once it has released the epoch. */
  until: number;
  readonly lineage: readonly Adopted[];
  base: number;
  sweeps: number;
  formerSince: number | undefined;
  manifest: Manifest;
  /** What is newer than the segments, removals too. */
  rows: Map<string, Row>;
  /** Bytes of these rows, about. */
  size: number;
}

/** Commits that one epoch can number: versions are made of the epoch and the position in it, so they never repeat. */
const positionsPerEpoch = 2 ** 20;
/** Adopted epochs that an opening still names: a holder that slept longer learns only that it cannot know. */
const longestLineage = 500;

export function emptyView(): View {
  return {
    epoch: 0,
    position: 0,
    until: 0,
    lineage: [],
    base: 0,
    sweeps: 0,
    formerSince: undefined,
    manifest: emptyManifest,
    rows: new Map(),
    size: 0,
  };
}

export function openView({ epoch, until, lineage, base, sweeps, formerSince, manifest, rows }: Opening): View {
  const view: View = {
    epoch,
    position: 0,
    until,
    lineage,
    base,
    sweeps,
    formerSince,
    manifest,
    rows: new Map(),
    size: 0,
  };
  applyRows(view, rows);
  return view;
}

/** The view under a new epoch that adopts it as it is. */
export function adoptView(view: View, epoch: number): View {
  const lineage =
    view.epoch === 0 ? [] : [...view.lineage, [view.epoch, view.position] as const].slice(-longestLineage);
  return { ...view, epoch, position: 0, lineage, rows: new Map(view.rows) };
}

export function applyRows(view: View, rows: readonly Row[]): void {
  for (const row of rows) {
    const before = view.rows.get(row.key);
    view.rows.set(row.key, row);
    view.size += sizeOfRow(row) - (before ? sizeOfRow(before) : 0);
  }
}

/** The version of what is committed at this place. */
export function versionAt({ base, epoch }: View, position: number): number {
  return (base + epoch) * positionsPerEpoch + position;
}

/** What a commit at this place writes. */
export function rowsOf(changes: readonly StateChange[], view: View, position: number): Row[] {
  const version = versionAt(view, position);
  return changes.map(({ key, value }) => ({ key, value, version }));
}

/** Rows in the order of their keys, as segments have them. */
export function sortedRows(rows: Iterable<Row>): Row[] {
  return [...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Whether the epoch of `view` adopted a record of an earlier one; undefined when that is too long ago to tell. */
export function hasAdopted(view: View, epoch: number, position: number): boolean | undefined {
  if (view.epoch === epoch) return position <= view.position;
  const entry = view.lineage.find(([adopted]) => adopted === epoch);
  if (entry) return position <= entry[1];
  const oldest = view.lineage[0]?.[0];
  return oldest === undefined || oldest <= epoch || view.lineage.length < longestLineage ? false : undefined;
}
