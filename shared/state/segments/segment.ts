import { concatBytes, utf8 } from '../../core/bytes.ts';
import { sha256Hex } from '../../core/hashing.ts';
import type { RandomBytes } from '../../core/ports.ts';
import { type StoreCipher, saltLength } from './cipher.ts';
import { encodeFilter } from './filter.ts';
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

export function sizeOfSegment({ dataSize, filterSize, indexSize }: Segment): number {
  return dataSize + filterSize + indexSize;
}

export interface BuiltSegment {
  readonly segment: Segment;
  readonly bytes: Uint8Array;
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
  let held: Row[] = [];
  let size = 0;
  for await (const row of rows) {
    const isOtherKind = held.length > 0 && kindOf(held.at(-1)!.key) !== kindOf(row.key);
    if (size >= segmentSize || (isOtherKind && size >= segmentSize / 8)) {
      yield buildSegment(held, writing);
      [held, size] = [[], 0];
    }
    held.push(row);
    size += sizeOfRow(row);
  }
  if (held.length > 0) yield buildSegment(held, writing);
}

/** The first three words of a key. */
function kindOf(key: string): string {
  return key.split('/', 3).join('/');
}

/** One segment of rows in the order of their keys; at least one. */
export function buildSegment(rows: readonly Row[], { cipher, random, shape }: SegmentWriting): BuiltSegment {
  const salt = new Uint8Array(random(saltLength));
  const file = cipher.file(salt);
  const blocks: Uint8Array[] = [];
  const places: BlockPlace[] = [];
  let offset = 0;
  for (let from = 0; from < rows.length; ) {
    let [to, size] = [from, 0];
    while (to < rows.length && (to === from || size < shape.blockSize)) size += sizeOfRow(rows[to++]!);
    const sealed = file.seal(parts.data + blocks.length, encodeRows(rows.slice(from, to)));
    places.push({ first: rows[from]!.key, last: rows[to - 1]!.key, offset, length: sealed.length });
    blocks.push(sealed);
    offset += sealed.length;
    from = to;
  }
  const filter = file.seal(parts.filter, encodeFilter(rows.map(({ key }) => key)));
  const index = file.seal(parts.index, encodeIndex(places));
  const bytes = concatBytes([...blocks, filter, index]);
  return {
    segment: {
      name: sha256Hex(bytes),
      salt,
      dataSize: offset,
      filterSize: filter.length,
      indexSize: index.length,
      first: rows[0]!.key,
      last: rows.at(-1)!.key,
    },
    bytes,
  };
}

function encodeIndex(places: readonly BlockPlace[]): Uint8Array {
  const bytes: number[] = [];
  let before = '';
  for (const { first, last, length } of places) {
    bytes.push(...encodeKey(before, first), ...encodeKey(first, last), ...encodeNumber(length));
    before = last;
  }
  return Uint8Array.from(bytes);
}

export function decodeIndex(bytes: Uint8Array): BlockPlace[] {
  const reader = createReader(bytes);
  const places: BlockPlace[] = [];
  let [before, offset] = ['', 0];
  while (!reader.done) {
    const first = decodeKey(reader, before);
    const last = decodeKey(reader, first);
    const length = reader.number();
    places.push({ first, last, offset, length });
    [before, offset] = [last, offset + length];
  }
  return places;
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
