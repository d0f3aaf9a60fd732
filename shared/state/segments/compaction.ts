import { throwIfCancelled } from '../../core/errors.ts';
import type { RandomBytes } from '../../core/ports.ts';
import type { StoreCipher } from './cipher.ts';
import type { SegmentFiles } from './files.ts';
import { type Edit, type Manifest, totalSize } from './manifest.ts';
import type { SegmentReader } from './reading.ts';
import { type Row, sizeOfRow } from './rows.ts';
import { buildSegments, type Segment, type SegmentShape, sizeOfSegment } from './segment.ts';
import { mergeRows, scanLevel, sourceOf } from './table.ts';

/** When segments are merged, in bytes. */
export interface Levels {
  /** Rows that an opening carries before they become a run: each reader and each owner reads them. */
  readonly tail: number;
  /** Runs that together are larger than this go into the upper level. */
  readonly runs: number;
  /** What the upper level holds; the rest goes into the lower one. */
  readonly upper: number;
  /** Runs that are merged at one time. */
  readonly atOnce: number;
}

export const usualLevels: Levels = { tail: 24 * 1024, runs: 4 * 2 ** 20, upper: 32 * 2 ** 20, atOnce: 64 * 2 ** 20 };
/** Runs that are merged whatever their size: each costs every reader a look. */
const mostRuns = 8;
/**
 * Of the runs before it, a flush takes along those that are at most so many times larger, up to so many bytes: small
 * ones become few, and a large flush rewrites nothing.
 */
const growth = 4;
const largestGrowth = 512 * 1024;

export interface CompactionPorts {
  readonly files: SegmentFiles;
  readonly cipher: StoreCipher;
  readonly reader: SegmentReader;
  readonly random: RandomBytes;
  readonly shape: SegmentShape;
  readonly levels: Levels;
}

/** What is to be merged: the newest first, and into which level it goes. */
export interface Plan {
  readonly newer: readonly (readonly Segment[])[];
  readonly older: readonly Segment[];
  readonly into: 'upper' | 'lower';
}

/** What should be merged next, if anything. */
export function planCompaction({ runs, upper, lower }: Manifest, levels: Levels): Plan | undefined {
  if (runs.length > mostRuns || totalSize(runs) > levels.runs) {
    // The oldest first, so that what stays hides what goes.
    const oldest = [...runs].reverse();
    let [count, size] = [0, 0];
    while (count < oldest.length && (count === 0 || size + sizeOfSegment(oldest[count]!) <= levels.atOnce))
      size += sizeOfSegment(oldest[count++]!);
    const chosen = oldest.slice(0, count).reverse();
    return { newer: chosen.map((run) => [run]), older: overlapping(upper, chosen), into: 'upper' };
  }
  if (totalSize(upper) <= levels.upper) return undefined;
  const costs = upper.map((segment) => ({
    segment,
    older: overlapping(lower, [segment]),
  }));
  costs.sort((a, b) => totalSize(a.older) / sizeOfSegment(a.segment) - totalSize(b.older) / sizeOfSegment(b.segment));
  const cheapest = costs[0]!;
  return { newer: [[cheapest.segment]], older: cheapest.older, into: 'lower' };
}

function overlapping(level: readonly Segment[], others: readonly Segment[]): Segment[] {
  return level.filter(({ first, last }) => others.some((other) => first <= other.last && other.first <= last));
}

/** Merges what a plan names into new segments. Nothing counts before a manifest names them. */
export async function compact(plan: Plan, ports: CompactionPorts, signal?: AbortSignal): Promise<Edit> {
  const { newer, older, into } = plan;
  const edit = (segments: readonly Segment[]): Edit => ({
    remove: new Set([...newer.flat(), ...older].map(({ name }) => name)),
    upper: into === 'upper' ? segments : [],
    lower: into === 'lower' ? segments : [],
  });
  // What meets nothing is moved as it is.
  if (into === 'lower' && older.length === 0) return edit(newer.flat());
  const rows = mergeRows([...newer, older].map((level) => scanLevel(level, ports.reader)));
  // Below the lower level there is nothing that a removal could hide.
  return edit(await writeSegments(into === 'lower' ? existing(rows) : rows, ports, signal));
}

async function* existing(rows: AsyncIterable<Row>): AsyncIterable<Row> {
  for await (const row of rows) if (row.value !== undefined) yield row;
}

export async function writeSegments(
  rows: AsyncIterable<Row>,
  { files, cipher, random, shape, reader }: Omit<CompactionPorts, 'levels'>,
  signal?: AbortSignal,
): Promise<Segment[]> {
  const written: Segment[] = [];
  for await (const built of buildSegments(rows, { cipher, random, shape })) {
    throwIfCancelled(signal);
    await files.write(built.segment.name, built.bytes);
    reader.remember(built);
    written.push(built.segment);
  }
  return written;
}

/**
 * The manifest with these rows, the newest of all, as a run; small runs before it become part of it, so that there are
 * few. Uploads, and nothing else: it counts once an opening names it.
 */
export async function flush(
  manifest: Manifest,
  rows: readonly Row[],
  ports: CompactionPorts,
  now: number,
): Promise<Manifest> {
  let [total, count] = [rows.reduce((sum, row) => sum + sizeOfRow(row), 0), 0];
  for (const run of manifest.runs) {
    if (sizeOfSegment(run) > growth * total || total + sizeOfSegment(run) > Math.min(largestGrowth, ports.levels.runs))
      break;
    total += sizeOfSegment(run);
    count++;
  }
  const absorbed = manifest.runs.slice(0, count);
  const merged = mergeRows([sourceOf(rows), ...absorbed.map((run) => scanLevel([run], ports.reader))]);
  // One run, however large: runs may overlap, and newer ones come first.
  const written = await writeSegments(merged, {
    ...ports,
    shape: { ...ports.shape, segmentSize: Number.POSITIVE_INFINITY },
  });
  return {
    ...manifest,
    runs: [...written, ...manifest.runs.slice(count)],
    garbage: [...manifest.garbage, ...absorbed.map(({ name }) => ({ name, since: now }))],
  };
}
