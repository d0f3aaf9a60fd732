import { concatBytes, fromHex, toHex } from '../../core/bytes.ts';
import { saltLength } from './cipher.ts';
import { createReader, encodeNumber } from './rows.ts';
import { decodeKey, encodeKey, type HeadPlace, type Heads, type Segment, sizeOfSegment } from './segment.ts';

/** A segment that nobody may name any more, and since when, milliseconds since 1970 UTC by the clock of who said so. */
export interface Garbage {
  readonly name: string;
  readonly since: number;
}

/**
 * The segments of a store at one moment.
 * - `runs`: flushed one by one, the newest first; each may hold any key;
 * - `upper`, `lower`: sorted, no two segments of one overlap; `upper` is newer than `lower`.
 * What is newer hides what is older.
 */
export interface Manifest {
  readonly runs: readonly Segment[];
  readonly upper: readonly Segment[];
  readonly lower: readonly Segment[];
  readonly garbage: readonly Garbage[];
  /** Where the ends of segments lie side by side; none in manifests of before, and in small ones. */
  readonly heads?: Heads | undefined;
}

export const emptyManifest: Manifest = { runs: [], upper: [], lower: [], garbage: [] };

/** Replaces segments by others with the same rows, as far as they count. */
export interface Edit {
  readonly remove: ReadonlySet<string>;
  readonly upper: readonly Segment[];
  readonly lower: readonly Segment[];
}

export function segmentsOf({ runs, upper, lower }: Manifest): Segment[] {
  return [...runs, ...upper, ...lower];
}

export function totalSize(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + sizeOfSegment(segment), 0);
}

/**
 * The manifest with the edit; undefined when it has become void: a segment that it replaces is gone, one that it brings
 * was taken for garbage meanwhile and may be on its way out, or what it brings would hide something newer.
 */
export function applyEdit(manifest: Manifest, { remove, upper, lower }: Edit, now: number): Manifest | undefined {
  const there = new Set(segmentsOf(manifest).map(({ name }) => name));
  const discarded = new Set(manifest.garbage.map(({ name }) => name));
  if ([...remove].some((name) => !there.has(name))) return undefined;
  if ([...upper, ...lower].some(({ name }) => discarded.has(name))) return undefined;
  const kept = (segments: readonly Segment[]) => segments.filter(({ name }) => !remove.has(name));
  const named = new Set([...upper, ...lower].map(({ name }) => name));
  const next: Manifest = {
    heads: manifest.heads,
    runs: kept(manifest.runs),
    upper: sorted([...kept(manifest.upper), ...upper]),
    lower: sorted([...kept(manifest.lower), ...lower]),
    garbage: [
      ...manifest.garbage,
      // What was only moved is named still.
      ...[...remove].filter((name) => !named.has(name)).map((name) => ({ name, since: now })),
    ],
  };
  const isOldestOfRuns = next.runs.every(({ name }, at) => manifest.runs[at]?.name === name);
  return isOldestOfRuns && areApart(next.upper) && areApart(next.lower) ? next : undefined;
}

function areApart(segments: readonly Segment[]): boolean {
  return segments.every(({ first }, at) => at === 0 || segments[at - 1]!.last < first);
}

function sorted(segments: readonly Segment[]): Segment[] {
  return [...segments].sort((a, b) => (a.first < b.first ? -1 : 1));
}

export function encodeManifest({ runs, upper, lower, garbage, heads }: Manifest): Uint8Array {
  const parts: Uint8Array[] = [];
  const put = (...numbers: number[]): void => void parts.push(Uint8Array.from(numbers));
  for (const segments of [runs, upper, lower]) {
    put(...encodeNumber(segments.length));
    let before = '';
    for (const { name, salt, dataSize, filterSize, indexSize, first, last } of segments) {
      parts.push(fromHex(name), salt);
      put(...[dataSize, filterSize, indexSize].flatMap(encodeNumber));
      put(...encodeKey(before, first), ...encodeKey(first, last));
      before = last;
    }
  }
  put(...encodeNumber(garbage.length));
  for (const { name, since } of garbage) {
    parts.push(fromHex(name));
    put(...encodeNumber(since));
  }
  if (heads) {
    parts.push(fromHex(heads.name));
    put(...encodeNumber(heads.size));
    for (const { name } of [...runs, ...upper, ...lower]) {
      const place = heads.places.get(name);
      put(...encodeNumber(place ? 1 + 2 * place.offset + Number(place.hasFilter) : 0));
    }
  }
  return concatBytes(parts);
}

export function decodeManifest(bytes: Uint8Array): Manifest {
  const reader = createReader(bytes);
  const name = (): string => toHex(reader.bytes(32));
  const segments = (): Segment[] => {
    let before = '';
    return Array.from({ length: reader.number() }, () => {
      const head = { name: name(), salt: reader.bytes(saltLength).slice() };
      const [dataSize, filterSize, indexSize] = [reader.number(), reader.number(), reader.number()];
      const first = decodeKey(reader, before);
      const last = decodeKey(reader, first);
      before = last;
      return { ...head, dataSize, filterSize, indexSize, first, last };
    });
  };
  const [runs, upper, lower] = [segments(), segments(), segments()];
  const garbage = Array.from({ length: reader.number() }, () => ({ name: name(), since: reader.number() }));
  if (reader.done) return { runs, upper, lower, garbage };
  const [file, size] = [name(), reader.number()];
  const places = new Map<string, HeadPlace>();
  for (const segment of [...runs, ...upper, ...lower]) {
    const place = reader.number();
    if (place > 0) places.set(segment.name, { offset: (place - 1) >> 1, hasFilter: (place - 1) % 2 === 1 });
  }
  return { runs, upper, lower, garbage, heads: { name: file, size, places } };
}
