import { familyOf } from './filter.ts';
import { type Manifest, segmentsOf } from './manifest.ts';
import type { RowRange, SegmentReader } from './reading.ts';
import type { Row } from './rows.ts';
import type { Segment } from './segment.ts';

/** The newest rows of these keys, also of removed ones, in all segments of a manifest. */
export async function findRows(
  manifest: Manifest,
  reader: SegmentReader,
  keys: Iterable<string>,
): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  let missing = [...keys];
  await reader.gather(
    manifest,
    segmentsOf(manifest).filter(({ first, last }) => missing.some((key) => first <= key && key <= last)),
  );
  // From the newest to the oldest; those of one level have no key in common.
  for (const level of levelsOf(manifest)) {
    if (missing.length === 0) break;
    const answers = await Promise.all(
      level.map(async (segment) => {
        const inside = missing.filter((key) => segment.first <= key && key <= segment.last);
        return inside.length === 0 ? new Map<string, Row>() : reader.find(segment, inside);
      }),
    );
    for (const answer of answers) for (const [key, row] of answer) found.set(key, row);
    missing = missing.filter((key) => !found.has(key));
  }
  return found;
}

/** The newest row of each key of a range, also of removed ones, in order. */
export async function* scanRows(manifest: Manifest, reader: SegmentReader, range: RowRange): AsyncIterable<Row> {
  await reader.gather(
    manifest,
    segmentsOf(manifest).filter((segment) => overlaps(segment, range)),
  );
  yield* mergeRows(levelsOf(manifest).map((level) => scanLevel(level, reader, range)));
}

function overlaps({ first, last }: Segment, { from, to }: RowRange): boolean {
  return last >= from && (to === undefined || first < to);
}

export async function* scanLevel(
  level: readonly Segment[],
  reader: SegmentReader,
  range: RowRange = { from: '', to: undefined },
): AsyncIterable<Row> {
  for (const segment of level) if (overlaps(segment, range)) yield* reader.scan(segment, range);
}

function levelsOf({ runs, upper, lower }: Manifest): (readonly Segment[])[] {
  return [...runs.map((run) => [run]), upper, lower];
}

/** Rows of several sorted sources in order; of equal keys only that of the source named first. */
export async function* mergeRows(sources: readonly AsyncIterable<Row>[]): AsyncIterable<Row> {
  const heads = sources.map((source) => ({ rows: source[Symbol.asyncIterator](), row: undefined as Row | undefined }));
  const advance = async (head: (typeof heads)[number]): Promise<void> => {
    const next = await head.rows.next();
    head.row = next.done ? undefined : next.value;
  };
  await Promise.all(heads.map(advance));
  for (;;) {
    let least: Row | undefined;
    for (const { row } of heads) if (row && (!least || row.key < least.key)) least = row;
    if (!least) return;
    const { key } = least;
    yield least;
    for (const head of heads) if (head.row?.key === key) await advance(head);
  }
}

/** Rows in memory as a source. */
export async function* sourceOf(rows: Iterable<Row>): AsyncIterable<Row> {
  yield* rows;
}

/** All rows whose keys begin with this. */
export function rangeOf(prefix: string): RowRange {
  // The first key behind them.
  const to =
    prefix === '' ? undefined : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return { from: prefix, to, family: familyOf(prefix) === prefix ? prefix : undefined };
}
