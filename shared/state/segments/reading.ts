import { DossierError } from '../../core/errors.ts';
import type { StoreCipher } from './cipher.ts';
import type { SegmentFiles } from './files.ts';
import { mayHold } from './filter.ts';
import { decodeRows, firstFrom, type Row } from './rows.ts';
import { type BlockPlace, decodeIndex, parts, type Segment } from './segment.ts';

/** Reads rows out of segments, and keeps what it has read as long as there is room. */
export interface SegmentReader {
  /** The rows of these keys that the segment has. */
  find(segment: Segment, keys: readonly string[]): Promise<Map<string, Row>>;
  /** The rows from one key on, up to and without another one; all of the segment unless given. */
  scan(segment: Segment, from?: string, to?: string): AsyncIterable<Row>;
}

export interface SegmentReaderOptions {
  readonly files: SegmentFiles;
  readonly cipher: StoreCipher;
  /** Bytes to be kept in memory, about. */
  readonly cacheSize?: number;
}

const usualCacheSize = 32 * 1024 * 1024;
/** Keys from which on it pays to ask the filter first. */
const manyKeys = 3;
/** Bytes of a filter that is read along with the index, which it lies beside: it saves the look at a block. */
const smallFilter = 32 * 1024;
/** Bytes read in one request: neighbours are read together, also over a small gap. */
const longestRead = 1024 * 1024;
/** The same of what is read from one end to the other. */
const longestScan = 2 * 1024 * 1024;
const smallGap = 16 * 1024;

interface Kept {
  readonly size: number;
  readonly value: Promise<unknown>;
}

export function createSegmentReader({
  files,
  cipher,
  cacheSize = usualCacheSize,
}: SegmentReaderOptions): SegmentReader {
  /** In the order of their last use. */
  const kept = new Map<string, Kept>();
  let size = 0;

  const cached = <T>(key: string, cost: number, load: () => Promise<T>): Promise<T> => {
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
      if (size <= cacheSize || other === key) break;
      kept.delete(other);
      size -= freed;
    }
    return value;
  };

  const readPart = async (segment: Segment, part: number, start: number, length: number): Promise<Uint8Array> =>
    cipher.file(segment.salt).open(part, await readWhole(segment, start, start + length));

  const readWhole = async ({ name }: Segment, start: number, end: number): Promise<Uint8Array> => {
    const bytes = await files.read(name, start, end);
    if (bytes.length !== end - start) throw new DossierError('state-corrupt', 'A part of the store was cut off');
    return bytes;
  };

  interface Head {
    readonly places: BlockPlace[];
    readonly filter: Uint8Array | undefined;
  }
  const headOf = (segment: Segment): Promise<Head> => {
    const { name, salt, dataSize, filterSize, indexSize } = segment;
    if (filterSize > smallFilter)
      return cached(`${name} index`, 4 * indexSize, async () => ({
        places: decodeIndex(await readPart(segment, parts.index, dataSize + filterSize, indexSize)),
        filter: undefined,
      }));
    return cached(`${name} index`, filterSize + 4 * indexSize, async () => {
      const both = await readWhole(segment, dataSize, dataSize + filterSize + indexSize);
      const file = cipher.file(salt);
      return {
        places: decodeIndex(file.open(parts.index, both.subarray(filterSize))),
        filter: file.open(parts.filter, both.subarray(0, filterSize)),
      };
    });
  };

  const filterOf = (segment: Segment): Promise<Uint8Array> =>
    cached(`${segment.name} filter`, segment.filterSize, () =>
      readPart(segment, parts.filter, segment.dataSize, segment.filterSize),
    );

  /** Blocks by their number, neighbours in one request. */
  const blocksOf = (
    segment: Segment,
    places: readonly BlockPlace[],
    wanted: readonly number[],
    longest = longestRead,
  ): Promise<Row[]>[] => {
    const missing = wanted.filter((at) => !kept.has(`${segment.name} ${at}`));
    const reads = new Map<number, Promise<{ start: number; bytes: Uint8Array }>>();
    for (let from = 0; from < missing.length; ) {
      let to = from;
      const start = places[missing[from]!]!.offset;
      const endOf = (at: number) => places[missing[at]!]!.offset + places[missing[at]!]!.length;
      while (
        to + 1 < missing.length &&
        places[missing[to + 1]!]!.offset - endOf(to) <= smallGap &&
        endOf(to + 1) - start <= longest
      )
        to++;
      const reading = readWhole(segment, start, endOf(to)).then((bytes) => ({ start, bytes }));
      // Each block that waits for it tells of a failure.
      reading.catch(() => undefined);
      for (; from <= to; from++) reads.set(missing[from]!, reading);
    }
    return wanted.map((at) => {
      const { offset, length } = places[at]!;
      return cached(`${segment.name} ${at}`, 2 * length, async () => {
        const { start, bytes } = await (reads.get(at) ??
          readWhole(segment, offset, offset + length).then((alone) => ({ start: offset, bytes: alone })));
        const sealed = bytes.subarray(offset - start, offset - start + length);
        return decodeRows(cipher.file(segment.salt).open(parts.data + at, sealed));
      });
    });
  };

  return {
    async find(segment, keys) {
      const found = new Map<string, Row>();
      const { places, filter: beside } = await headOf(segment);
      // Between two blocks there is nothing: such a key needs no further look.
      const inBlocks = keys.flatMap((key) => {
        const at = blockOf(places, key);
        return at === undefined ? [] : [{ key, at }];
      });
      const filter = beside ?? (inBlocks.length >= manyKeys ? await filterOf(segment) : undefined);
      const asked = inBlocks.filter(({ key }) => !filter || mayHold(filter, key));
      const numbers = [...new Set(asked.map(({ at }) => at))].sort((a, b) => a - b);
      const blocks = new Map(
        (await Promise.all(blocksOf(segment, places, numbers))).map((rows, at) => [numbers[at]!, rows]),
      );
      for (const { key, at } of asked) {
        const rows = blocks.get(at)!;
        const row = rows[firstFrom(rows, key)];
        if (row?.key === key) found.set(key, row);
      }
      return found;
    },
    async *scan(segment, from = '', to) {
      const { places } = await headOf(segment);
      const numbers = places.flatMap(({ first, last }, at) =>
        last >= from && (to === undefined || first < to) ? [at] : [],
      );
      for (let at = 0, length = 0; at < numbers.length; at += length) {
        length = 1;
        for (let sum = 0; at + length < numbers.length; length++) {
          sum += places[numbers[at + length]!]!.length;
          if (sum > longestScan) break;
        }
        for (const rows of await Promise.all(
          blocksOf(segment, places, numbers.slice(at, at + length), 2 * longestScan),
        ))
          for (const row of rows) if (row.key >= from && (to === undefined || row.key < to)) yield row;
      }
    },
  };
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
