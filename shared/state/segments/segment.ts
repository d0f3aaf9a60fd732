import { concatBytes, utf8 } from '../../core/bytes.ts';
import { sha256Hex } from '../../core/hashing.ts';
import type { RandomBytes } from '../../core/ports.ts';
import { type StoreCipher, saltLength } from './cipher.ts';
import { createFilterWriter, formerProbes, usualProbes } from './filter.ts';
import { createReader, damagedRows, encodeNumber, encodeRows, type Row, sharedLength, sizeOfRow } from './rows.ts';

/*
 * A segment is a sorted string table, as in LevelDB and its kin: data blocks of rows in the order of their keys, then a
 * filter, then an index of the blocks. It is written once, under a name that is the digest of its sealed bytes, and
 * never changed. Every part is sealed by itself, so that it can be read by itself: a point read costs the index and one
 * block. What other tables keep in a footer stands in the manifest.
 */

/** What a manifest knows of a segment. */
export interface Segment {
  readonly name: string;
  readonly salt: Uint8Array;
  /** Bytes of the data blocks, which come first, of the filter and of the index. */
  readonly dataSize: number;
  readonly filterSize: number;
  readonly indexSize: number;
  readonly first: string;
  readonly last: string;
}

/** One data block, as the index of its segment tells of it. */
export interface BlockPlace {
  readonly first: string;
  readonly last: string;
  readonly offset: number;
  readonly length: number;
}

/** Numbers of the sealed parts; data blocks follow. */
export const parts = { index: 0, filter: 1, data: 2 } as const;

export interface SegmentShape {
  /** Bytes of rows in a block, about. */
  readonly blockSize: number;
  /** Bytes of a segment, about; one large row more. */
  readonly segmentSize: number;
}

export const usualShape: SegmentShape = { blockSize: 16 * 1024, segmentSize: 8 * 1024 * 1024 };

export interface SegmentWriting {
  readonly cipher: StoreCipher;
  readonly random: RandomBytes;
  readonly shape: SegmentShape;
}

/** Ends of segments side by side in one file, see `heads.ts`. */
export interface Heads {
  /** Of the file, which lies among the segments. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** By the name of the segment. */
  readonly places: ReadonlyMap<string, HeadPlace>;
}

export interface HeadPlace {
  readonly offset: number;
  /** The filter lies before the index. */
  readonly hasFilter: boolean;
}

/** The end of a segment as its file has it. */
export interface SealedHead {
  readonly filter: Uint8Array | undefined;
  readonly index: Uint8Array;
}

export function lengthOfHead({ filterSize, indexSize }: Segment, { hasFilter }: HeadPlace): number {
  return (hasFilter ? filterSize : 0) + indexSize;
}

export function sizeOfSegment({ dataSize, filterSize, indexSize }: Segment): number {
  return dataSize + filterSize + indexSize;
}

export interface BuiltSegment {
  readonly segment: Segment;
  readonly bytes: Uint8Array;
  /** What its last parts say. */
  readonly filter: Uint8Array;
  readonly index: SegmentIndex;
}

/**
 * Segments of rows that come in the order of their keys. A new one is begun when the last is full, and, where it pays,
 * when the kind of record changes: what only grows at its end is then never rewritten for the sake of what does not.
 */
export async function* buildSegments(
  rows: AsyncIterable<Row> | Iterable<Row>,
  writing: SegmentWriting,
): AsyncIterable<BuiltSegment> {
  const { segmentSize } = writing.shape;
  let writer: SegmentWriter | undefined;
  let last = '';
  for await (const row of rows) {
    if (writer) {
      const isOtherKind = kindOf(last) !== kindOf(row.key);
      if (writer.size() >= segmentSize || (isOtherKind && writer.size() >= segmentSize / 8)) {
        yield writer.finish();
        writer = undefined;
      }
    }
    writer ??= createSegmentWriter(writing);
    writer.add(row);
    last = row.key;
  }
  if (writer) yield writer.finish();
}

/** The first three words of a key. */
function kindOf(key: string): string {
  return key.split('/', 3).join('/');
}

/** One segment of rows in the order of their keys; at least one. */
export function buildSegment(rows: readonly Row[], writing: SegmentWriting): BuiltSegment {
  const writer = createSegmentWriter(writing);
  for (const row of rows) writer.add(row);
  return writer.finish();
}

interface SegmentWriter {
  /** Rows in the order of their keys. */
  add(row: Row): void;
  /** Bytes of the rows until now, about. */
  size(): number;
  finish(): BuiltSegment;
}

/** Seals each block once it is full: a segment under way takes no more memory than its file. */
function createSegmentWriter({ cipher, random, shape }: SegmentWriting): SegmentWriter {
  const salt = new Uint8Array(random(saltLength));
  const file = cipher.file(salt);
  const blocks: Uint8Array[] = [];
  const places: BlockPlace[] = [];
  const filterWriter = createFilterWriter();
  let [held, heldSize, total, offset]: [Row[], number, number, number] = [[], 0, 0, 0];
  const seal = (): void => {
    const sealed = file.seal(parts.data + blocks.length, encodeRows(held));
    places.push({ first: held[0]!.key, last: held.at(-1)!.key, offset, length: sealed.length });
    blocks.push(sealed);
    offset += sealed.length;
    [held, heldSize] = [[], 0];
  };
  return {
    add(row) {
      // A block of one kind ends where that kind ends: what lies beyond is known not to be there.
      if (heldSize >= shape.blockSize || (held.length > 0 && kindOf(held.at(-1)!.key) !== kindOf(row.key))) seal();
      held.push(row);
      filterWriter.add(row.key);
      heldSize += sizeOfRow(row);
      total += sizeOfRow(row);
    },
    size: () => total,
    finish() {
      if (held.length > 0) seal();
      const filter = filterWriter.finish();
      const index = encodeIndex(places);
      const sealed = [file.seal(parts.filter, filter), file.seal(parts.index, index)] as const;
      const bytes = concatBytes([...blocks, ...sealed]);
      const segment: Segment = {
        name: sha256Hex(bytes),
        salt,
        dataSize: offset,
        filterSize: sealed[0].length,
        indexSize: sealed[1].length,
        first: places[0]!.first,
        last: places.at(-1)!.last,
      };
      return { segment, bytes, filter, index: decodeIndex(index) };
    },
  };
}

/** The index of a segment. */
export interface SegmentIndex {
  readonly places: readonly BlockPlace[];
  /** Of its filter. */
  readonly probes: number;
  /** The filter holds families of keys, and no keys that end in a number; before, it held every key and nothing else. */
  readonly hasFamilies: boolean;
}

/**
 * Bounds of the blocks, cut short where nothing lies in between: what is outside of them is not there. The first byte
 * tells how the filter was made; before there was more than one way it was 0.
 */
function encodeIndex(places: readonly BlockPlace[]): Uint8Array {
  const bytes: number[] = [usualProbes];
  let before = '';
  for (const [at, { first, last, length }] of places.entries()) {
    const [from, to] = [lowerBound(places[at - 1]?.last, first), upperBound(last, places[at + 1]?.first)];
    bytes.push(...encodeKey(before, from), ...encodeKey(from, to), ...encodeNumber(length));
    before = to;
  }
  return Uint8Array.from(bytes);
}

export function decodeIndex(bytes: Uint8Array): SegmentIndex {
  const isFormer = bytes[0] === 0;
  const reader = createReader(isFormer ? bytes : bytes.subarray(1));
  const places: BlockPlace[] = [];
  let [before, offset] = ['', 0];
  while (!reader.done) {
    const first = decodeKey(reader, before);
    const last = decodeKey(reader, first);
    const length = reader.number();
    places.push({ first, last, offset, length });
    [before, offset] = [last, offset + length];
  }
  return { places, probes: isFormer ? formerProbes : bytes[0]!, hasFamilies: !isFormer };
}

/** Characters of a bound behind those that it shares with the block beside it. */
const boundLength = 3;
/** Behind every character that a key may have. */
const behindAll = '~';

/** A short text above `before` and not above `first`. */
function lowerBound(before: string | undefined, first: string): string {
  if (before === undefined || kindOf(before) !== kindOf(first)) return first;
  return first.slice(0, sharedLength(before, first) + boundLength);
}

/** A short text not below `last` and below `after`. */
function upperBound(last: string, after: string | undefined): string {
  if (after === undefined || kindOf(last) !== kindOf(after)) return last;
  const short = last.slice(0, sharedLength(last, after) + boundLength);
  return short.length + 1 < last.length ? short + behindAll : last;
}

/** A key behind another one. */
export function encodeKey(before: string, key: string): number[] {
  const shared = sharedLength(before, key);
  const rest = utf8(key.slice(shared));
  return [...encodeNumber(shared), ...encodeNumber(rest.length), ...rest];
}

export function decodeKey(reader: ReturnType<typeof createReader>, before: string): string {
  const shared = reader.number();
  if (shared > before.length) throw damagedRows();
  return before.slice(0, shared) + reader.text(reader.number());
}
