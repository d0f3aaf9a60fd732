import { DossierError } from '../../core/errors.ts';
import type { StoreCipher } from './cipher.ts';
import type { SegmentFiles } from './files.ts';
import { isFiltered, mayHold } from './filter.ts';
import { type Manifest, segmentsOf } from './manifest.ts';
import { type Row, rowsIn } from './rows.ts';
import {
  type BlockPlace,
  type BuiltSegment,
  decodeIndex,
  type HeadPlace,
  type Heads,
  lengthOfHead,
  parts,
  type SealedHead,
  type Segment,
  type SegmentIndex,
} from './segment.ts';

/** Reads rows out of segments, and keeps what it has read as long as there is room. */
export interface SegmentReader {
  /** The rows of these keys that the segment has. Their values are not to be changed. */
  find(segment: Segment, keys: readonly string[]): Promise<Map<string, Row>>;
  /** The rows from one key on, up to and without another one; all of the segment unless given. */
  scan(segment: Segment, range?: RowRange): AsyncIterable<Row>;
  /** Takes over what is known of a segment that was just written: nobody need ask for it. */
  remember(built: BuiltSegment): void;
  /** Reads the ends of these segments, as far as they lie side by side, before they are asked for one by one. */
  gather(manifest: Manifest, segments: readonly Segment[]): Promise<void>;
  /** Ends of segments that were written here or lie side by side, by the name of the segment. */
  sealedHeads(heads: Heads | undefined, segments: readonly Segment[]): Promise<Map<string, SealedHead>>;
}

/** Rows of a segment or of several. */
export interface RowRange {
  readonly from: string;
  /** Up to and without this key; to the end unless given. */
  readonly to: string | undefined;
  /** All of the rows are of this family of keys, see `familyOf`: filters tell of it. */
  readonly family?: string | undefined;
}

export interface SegmentReaderOptions {
  readonly files: SegmentFiles;
  readonly cipher: StoreCipher;
  /** Bytes to be kept in memory, about. */
  readonly cacheSize?: number;
}

const usualCacheSize = 16 * 1024 * 1024;
/** Keys from which on it pays to ask the filter first. */
const manyKeys = 3;
/** Bytes of a filter that is read along with the index, which it lies beside: it saves the look at a block. */
const smallFilter = 16 * 1024;
/** Bytes read in one request: neighbours are read together, also over a small gap. */
const longestRead = 1024 * 1024;
const smallGap = 16 * 1024;
/** Bytes beside what is asked for that are read along, so that nobody comes back for them. */
const smallRest = 48 * 1024;
/** Blocks of a scan that are kept: who reads more reads it once. */
const shortScan = 4;

interface Kept {
  readonly size: number;
  readonly value: Promise<unknown>;
}

/** What was read last, up to so many bytes. */
function createCache(limit: number) {
  /** In the order of their last use. */
  const kept = new Map<string, Kept>();
  let size = 0;
  return {
    has: (key: string) => kept.has(key),
    peek: <T>(key: string) => kept.get(key)?.value as Promise<T> | undefined,
    take<T>(key: string, cost: number, load: () => Promise<T>): Promise<T> {
      const known = kept.get(key);
      if (known) {
        kept.delete(key);
        kept.set(key, known);
        return known.value as Promise<T>;
      }
      const value = load();
      kept.set(key, { size: cost, value });
      size += cost;
      value.catch(() => {
        if (kept.get(key)?.value !== value) return;
        kept.delete(key);
        size -= cost;
      });
      for (const [other, { size: freed }] of kept) {
        if (size <= limit || other === key) break;
        kept.delete(other);
        size -= freed;
      }
      return value;
    },
  };
}

/** What the end of a segment says. */
interface Head {
  readonly index: SegmentIndex;
  readonly filter: Uint8Array | undefined;
}

export function createSegmentReader({
  files,
  cipher,
  cacheSize = usualCacheSize,
}: SegmentReaderOptions): SegmentReader {
  const cache = createCache(cacheSize);

  const readWhole = async ({ name }: Segment, start: number, end: number): Promise<Uint8Array> => {
    const bytes = await files.read(name, start, end);
    if (bytes.length !== end - start) throw new DossierError('state-corrupt', 'A part of the store was cut off');
    return bytes;
  };

  const headOf = (segment: Segment): Promise<Head> => {
    const { name, dataSize, filterSize, indexSize } = segment;
    const skipped = filterSize > smallFilter ? filterSize : 0;
    return cache.take(`${name} index`, filterSize - skipped + 4 * indexSize, async () => {
      const bytes = await readWhole(segment, dataSize + skipped, dataSize + filterSize + indexSize);
      const file = cipher.file(segment.salt);
      const at = filterSize - skipped;
      return {
        index: decodeIndex(file.open(parts.index, bytes.subarray(at))),
        filter: skipped > 0 ? undefined : file.open(parts.filter, bytes.subarray(0, at)),
      };
    });
  };

  const filterOf = (segment: Segment): Promise<Uint8Array> =>
    cache.take(`${segment.name} filter`, segment.filterSize, async () => {
      const { dataSize, filterSize, salt } = segment;
      return cipher.file(salt).open(parts.filter, await readWhole(segment, dataSize, dataSize + filterSize));
    });

  /** The filter, unless reading it costs more than it saves. */
  const cheapFilter = async (segment: Segment, { filter }: Head, keys: number): Promise<Uint8Array | undefined> =>
    filter ?? (keys >= manyKeys || cache.has(`${segment.name} filter`) ? filterOf(segment) : undefined);

  /** Contents of blocks by their number, neighbours in one request; `keep` for what may be asked for again. */
  const blocksOf = (
    segment: Segment,
    places: readonly BlockPlace[],
    wanted: readonly number[],
    keep: boolean,
  ): Promise<Uint8Array>[] => {
    const missing = wanted.filter((at) => !cache.has(`${segment.name} ${at}`));
    const reads = new Map<number, Promise<{ start: number; bytes: Uint8Array }>>();
    for (const { from, to } of neighbours(places, missing)) {
      const [start, end] = [places[missing[from]!]!.offset, endOfBlock(places[missing[to]!]!)];
      const reading = readWhole(segment, start, end).then((bytes) => ({ start, bytes }));
      // Each block that waits for it tells of a failure.
      reading.catch(() => undefined);
      for (let at = from; at <= to; at++) reads.set(missing[at]!, reading);
    }
    return wanted.map((at) => {
      const { offset, length } = places[at]!;
      const open = async (): Promise<Uint8Array> => {
        const { start, bytes } = await (reads.get(at) ??
          readWhole(segment, offset, offset + length).then((alone) => ({ start: offset, bytes: alone })));
        const sealed = bytes.subarray(offset - start, offset - start + length);
        return cipher.file(segment.salt).open(parts.data + at, sealed);
      };
      const key = `${segment.name} ${at}`;
      const opening = keep || cache.has(key) ? cache.take(key, length, open) : open();
      // Who waits for the blocks one by one hears of a failure at the first.
      opening.catch(() => undefined);
      return opening;
    });
  };

  /** A part of the file in which ends lie side by side; whoever gets none reads each where it is. */
  const readHeads = (heads: Heads, start: number, end: number): Promise<Uint8Array | undefined> =>
    cache.take(`${heads.name} ${start} ${end}`, 0, async () => {
      const bytes = await files.read(heads.name, start, end).catch(() => undefined);
      return bytes?.length === end - start ? bytes : undefined;
    });

  const cutHead = (segment: Segment, place: HeadPlace, bytes: Uint8Array, start: number): SealedHead => {
    const at = place.offset - start;
    const middle = at + (place.hasFilter ? segment.filterSize : 0);
    return {
      filter: place.hasFilter ? bytes.subarray(at, middle) : undefined,
      index: bytes.subarray(middle, middle + segment.indexSize),
    };
  };

  const openHead = ({ salt }: Segment, { filter, index }: SealedHead): Head => {
    const file = cipher.file(salt);
    return {
      index: decodeIndex(file.open(parts.index, index)),
      filter: filter && file.open(parts.filter, filter),
    };
  };

  const placed = (heads: Heads | undefined, segments: readonly Segment[]) =>
    segments.flatMap((segment) => {
      const place = heads?.places.get(segment.name);
      return place ? [{ segment, place }] : [];
    });

  return {
    async gather(manifest, segments) {
      const { heads } = manifest;
      const missing = placed(
        heads,
        segments.filter(({ name }) => !cache.has(`${name} index`)),
      );
      if (!heads || missing.length < 2) return;
      let start = Math.min(...missing.map(({ place }) => place.offset));
      let end = Math.max(...missing.map(({ segment, place }) => place.offset + lengthOfHead(segment, place)));
      if (heads.size - (end - start) <= smallRest) [start, end] = [0, heads.size];
      const bytes = await readHeads(heads, start, end);
      if (!bytes) return;
      for (const { segment, place } of placed(heads, segmentsOf(manifest))) {
        if (place.offset < start || place.offset + lengthOfHead(segment, place) > end) continue;
        const sealed = cutHead(segment, place, bytes, start);
        const cost = (sealed.filter?.length ?? 0) + 4 * segment.indexSize;
        // A copy that is damaged is as good as none.
        const load = async (): Promise<Head> => openHead(segment, sealed);
        await cache.take(`${segment.name} index`, cost, load).catch(() => undefined);
      }
    },
    async sealedHeads(heads, segments) {
      const found = new Map<string, SealedHead>();
      for (const { name } of segments) {
        const known = await cache.peek<SealedHead>(`${name} end`);
        if (known) found.set(name, known);
      }
      const missing = placed(
        heads,
        segments.filter(({ name }) => !found.has(name)),
      );
      const bytes = heads && missing.length > 0 ? await readHeads(heads, 0, heads.size) : undefined;
      for (const { segment, place } of bytes ? missing : []) {
        const sealed = cutHead(segment, place, bytes!, 0);
        const cost = (sealed.filter?.length ?? 0) + sealed.index.length;
        found.set(segment.name, await cache.take(`${segment.name} end`, cost, async () => sealed));
      }
      return found;
    },
    async find(segment, keys) {
      const found = new Map<string, Row>();
      const head = await headOf(segment);
      const { places, probes } = head.index;
      // Between two blocks there is nothing: such a key needs no further look.
      const inBlocks = keys.flatMap((key) => {
        const at = blockOf(places, key);
        return at === undefined ? [] : [{ key, at }];
      });
      const isAnswered = ({ key }: { readonly key: string }) => !head.index.hasFamilies || isFiltered(key);
      const filter = await cheapFilter(segment, head, inBlocks.filter(isAnswered).length);
      const asked = new Map<number, Set<string>>();
      for (const { key, at } of inBlocks) {
        if (filter && isAnswered({ key }) && !mayHold(filter, key, probes)) continue;
        if (asked.has(at)) asked.get(at)!.add(key);
        else asked.set(at, new Set([key]));
      }
      const numbers = [...asked.keys()].sort((a, b) => a - b);
      const blocks = await Promise.all(blocksOf(segment, places, numbers, true));
      for (const [which, at] of numbers.entries())
        for (const row of rowsIn(blocks[which]!)) if (asked.get(at)!.has(row.key)) found.set(row.key, row);
      return found;
    },
    async *scan(segment, { from, to, family } = { from: '', to: undefined }) {
      const head = await headOf(segment);
      const { places, probes, hasFamilies } = head.index;
      const numbers = places.flatMap(({ first, last }, at) =>
        last >= from && (to === undefined || first < to) ? [at] : [],
      );
      if (numbers.length === 0) return;
      const filter = hasFamilies && family !== undefined ? await cheapFilter(segment, head, 1) : undefined;
      if (filter && !mayHold(filter, family!, probes)) return;
      for (const { from: begin, to: end } of neighbours(places, numbers)) {
        const group = numbers.slice(begin, end + 1);
        for (const block of blocksOf(segment, places, group, numbers.length <= shortScan))
          for (const row of rowsIn(await block)) if (row.key >= from && (to === undefined || row.key < to)) yield row;
      }
    },
    remember({ segment, bytes, filter, index }) {
      const { name, dataSize, filterSize } = segment;
      const sealed: SealedHead = {
        filter: bytes.slice(dataSize, dataSize + filterSize),
        index: bytes.slice(dataSize + filterSize),
      };
      void cache.take(`${name} end`, filterSize + segment.indexSize, async () => sealed);
      const size = filter.length + 4 * segment.indexSize;
      void cache.take(`${segment.name} index`, size, async () => ({ index, filter }));
    },
  };
}

function endOfBlock({ offset, length }: BlockPlace): number {
  return offset + length;
}

/** Which of these blocks, by their place in `wanted`, are read in one request. */
function* neighbours(
  places: readonly BlockPlace[],
  wanted: readonly number[],
): Iterable<{ readonly from: number; readonly to: number }> {
  for (let from = 0; from < wanted.length; ) {
    let to = from;
    const { offset } = places[wanted[from]!]!;
    while (
      to + 1 < wanted.length &&
      places[wanted[to + 1]!]!.offset - endOfBlock(places[wanted[to]!]!) <= smallGap &&
      endOfBlock(places[wanted[to + 1]!]!) - offset <= longestRead
    )
      to++;
    yield { from, to };
    from = to + 1;
  }
}

/** The block in whose range a key lies. */
function blockOf(places: readonly BlockPlace[], key: string): number | undefined {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]!.last < key) low = middle + 1;
    else high = middle;
  }
  return low < places.length && places[low]!.first <= key ? low : undefined;
}
