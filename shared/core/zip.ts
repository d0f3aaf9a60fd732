import { concatBytes, utf8, viewOf } from './bytes.ts';
import { DossierError } from './errors.ts';
import { printable } from './paths.ts';
import type { SizedBody } from './ports.ts';
import { say } from './sentence.ts';

/** A file on its way out: a relative path with slashes, and its content. */
export interface ExportFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** One whose content is read while it goes out. */
export interface StreamedFile<Body extends SizedBody = SizedBody> {
  readonly path: string;
  readonly body: Body;
}

/** Names are UTF-8; what is not known before the content was read follows it (APPNOTE.TXT, general purpose bits). */
const utf8Names = 0x0800;
const factsFollow = 0x0008;
/** Made as on Unix, whose names are taken as they are; readers guess at a code page otherwise. */
const unix = 0x0300;
/** Of the standard that a reader must know: 2.0, or 4.5 for 64 bits. */
const plain = 20;
const large = 45;
const readableByAll = 0o100644 * 0x10000;
/** 1980-01-01, the first day there is: the same files always make the same archive. */
const firstDay = 0x0021;
/** What stands in a field of 4 or 2 bytes where the number has 64 bits and stands elsewhere. */
const past32 = 0xffff_ffff;
const past16 = 0xffff;

/** What is known of a file once it has gone out. */
interface Written {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly crc: number;
  readonly size: number;
  /** Where its header lies. */
  readonly at: number;
}

/**
 * Files as a ZIP archive, in their order and not compressed, of any number and any size. Made by the field list of
 * PKWARE's APPNOTE.TXT 6.3, with its 64-bit extension only where it is needed: the same files always make the same
 * bytes. Two files of one name are a TypeError. Codes: `source-changed` for a content of another size than it said.
 */
export async function* zipOf(files: AsyncIterable<ExportFile | StreamedFile>): AsyncIterable<Uint8Array> {
  const written: Written[] = [];
  const names = new Set<string>();
  let at = 0;
  for await (const file of files) {
    const { path } = file;
    if (names.has(path)) throw new TypeError(`Two files of the archive are called ${path}`);
    names.add(path);
    const name = utf8(path);
    let entry: Written;
    if ('bytes' in file) {
      const { bytes } = file;
      entry = { name, flags: utf8Names, crc: crc32(bytes), size: bytes.length, at };
      yield localHeader(entry);
      yield bytes;
    } else {
      const { size } = file.body;
      yield localHeader({ name, flags: utf8Names | factsFollow, crc: 0, size, at });
      let crc = 0;
      let gone = 0;
      for await (const piece of file.body.open()) {
        crc = crc32(piece, crc);
        gone += piece.length;
        if (gone > size) break;
        yield piece;
      }
      if (gone !== size) throw new DossierError('source-changed', say`"${printable(path)}" changed while it was read`);
      entry = { name, flags: utf8Names | factsFollow, crc, size, at };
      yield facts(entry);
    }
    written.push(entry);
    at += lengthOf(entry);
  }
  const directory = at;
  for (const entry of written) {
    const header = directoryHeader(entry);
    at += header.length;
    yield header;
  }
  yield endOf(written.length, directory, at - directory);
}

const isLarge = ({ size }: Written) => size >= past32;

function localHeader(entry: Written): Uint8Array {
  const { name, flags, crc, size } = entry;
  const told = isLarge(entry) ? past32 : (flags & factsFollow) === 0 ? size : 0;
  const wide = isLarge(entry) ? fields([2, 1], [2, 16], [8, 0], [8, 0]) : nothing;
  return concatBytes([
    fields(
      [4, 0x04034b50],
      ...common(isLarge(entry) ? large : plain, flags, crc),
      ...([4, 4] as const).map((bytes) => [bytes, told] as const),
      [2, name.length],
      [2, wide.length],
    ),
    name,
    wide,
  ]);
}

const common = (version: number, flags: number, crc: number) =>
  [
    [2, version],
    [2, flags],
    [2, 0],
    [2, 0],
    [2, firstDay],
    [4, crc],
  ] as const;

/** What follows a content that was read while it went out. */
function facts(entry: Written): Uint8Array {
  const bytes = isLarge(entry) ? 8 : 4;
  return fields([4, 0x08074b50], [4, entry.crc], [bytes, entry.size], [bytes, entry.size]);
}

function lengthOf(entry: Written): number {
  const after = (entry.flags & factsFollow) === 0 ? 0 : facts(entry).length;
  return localHeader(entry).length + entry.size + after;
}

function directoryHeader(entry: Written): Uint8Array {
  const { name, flags, crc, size, at } = entry;
  const isFar = at >= past32;
  const content = [
    ...(isLarge(entry)
      ? ([
          [8, size],
          [8, size],
        ] as const)
      : []),
    ...(isFar ? [[8, at] as const] : []),
  ];
  const wide = content.length === 0 ? nothing : fields([2, 1], [2, 8 * content.length], ...content);
  const version = content.length === 0 ? plain : large;
  const told = isLarge(entry) ? past32 : size;
  return concatBytes([
    fields(
      [4, 0x02014b50],
      [2, unix | plain],
      ...common(version, flags, crc),
      [4, told],
      [4, told],
      [2, name.length],
      [2, wide.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, readableByAll],
      [4, isFar ? past32 : at],
    ),
    name,
    wide,
  ]);
}

function endOf(count: number, directory: number, size: number): Uint8Array {
  const isWide = count >= past16 || directory >= past32 || size >= past32;
  const wide = fields(
    [4, 0x06064b50],
    [8, 44],
    [2, unix | large],
    [2, large],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, directory],
    ...([
      [4, 0x07064b50],
      [4, 0],
      [8, directory + size],
      [4, 1],
    ] as const),
  );
  const few = Math.min(count, past16);
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, few],
    [2, few],
    [4, Math.min(size, past32)],
    [4, Math.min(directory, past32)],
    [2, 0],
  );
  return isWide ? concatBytes([wide, end]) : end;
}

const nothing = new Uint8Array();

/** Numbers, little-endian, each of 2, 4 or 8 bytes. */
function fields(...values: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of values) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    if (bytes === 8) view.setUint32(at + 4, Math.floor(value / (past32 + 1)), true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

/** What a byte does to the sum, by how many others follow it within a step. */
const bytesAtOnce = 8;
const crcTables = Array.from({ length: bytesAtOnce }, () => new Uint32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let following = 0; following < bytesAtOnce; following++) {
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    crcTables[following]![byte] = value;
  }
}

/**
 * The sum by which ZIP archives know their files; `before` is that of the bytes before, 0 where there are none. Eight
 * bytes at a time: an archive goes no faster than its sums.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = crcTables as [
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ];
  const view = viewOf(bytes);
  let value = ~before;
  let at = 0;
  for (; at + bytesAtOnce <= bytes.length; at += bytesAtOnce) {
    const low = value ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    value =
      t7[low & 255]! ^
      t6[(low >>> 8) & 255]! ^
      t5[(low >>> 16) & 255]! ^
      t4[low >>> 24]! ^
      t3[high & 255]! ^
      t2[(high >>> 8) & 255]! ^
      t1[(high >>> 16) & 255]! ^
      t0[high >>> 24]!;
  }
  for (; at < bytes.length; at++) value = t0[(value ^ bytes[at]!) & 255]! ^ (value >>> 8);
  return ~value >>> 0;
}
