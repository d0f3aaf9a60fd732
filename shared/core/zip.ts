import { utf8 } from './bytes.ts';
import { DossierError } from './errors.ts';

/** A file on its way out: a relative path with slashes, and its content. */
export interface ExportFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const mostFiles = 65_534;
const mostBytes = 0xffff_fffe;
/** Names are UTF-8 (APPNOTE.TXT, general purpose bit 11). */
const utf8Names = 0x0800;
/**
 * Made as on Unix, whose names are taken as they are; readers guess at a code page otherwise. The file is readable by
 * all.
 */
const unix = 0x0314;
const plainFile = 0o100644 * 0x10000;
/** 1980-01-01, the first day there is: the same files always make the same archive. */
const firstDay = 0x0021;

/**
 * Files as a ZIP archive, in their order and not compressed, one held at a time. Made by the field list of PKWARE's
 * APPNOTE.TXT 6.3; without its 64-bit extension, so `too-large` past 65,534 files or 4 GiB. Two files of one name are a
 * TypeError.
 */
export async function* zipOf(files: AsyncIterable<ExportFile>): AsyncIterable<Uint8Array> {
  const directory: Uint8Array[] = [];
  const names = new Set<string>();
  let at = 0;
  for await (const { path, bytes } of files) {
    if (names.has(path)) throw new TypeError(`Two files of the archive are called ${path}`);
    names.add(path);
    const name = utf8(path);
    const common = [
      [2, 20],
      [2, utf8Names],
      [2, 0],
      [2, 0],
      [2, firstDay],
      [4, crc32(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, name.length],
      [2, 0],
    ] as const;
    const local = fields([4, 0x04034b50], ...common);
    directory.push(
      fields([4, 0x02014b50], [2, unix], ...common, [2, 0], [2, 0], [2, 0], [4, plainFile], [4, at]),
      name,
    );
    at += local.length + name.length + bytes.length;
    if (at > mostBytes || names.size > mostFiles)
      throw new DossierError('too-large', 'The archive would be too large: export into a folder', { advice: null });
    yield local;
    yield name;
    yield bytes;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield* directory;
  yield fields([4, 0x06054b50], [2, 0], [2, 0], [2, names.size], [2, names.size], [4, size], [4, at], [2, 0]);
}

/** Numbers, little-endian, each of 2 or 4 bytes. */
function fields(...values: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, place) => (value >>> (8 * place)) & 255)),
  );
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** The sum by which ZIP archives know their files; `before` is that of the bytes before, 0 where there are none. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  for (const byte of bytes) value = (crcTable[(value ^ byte) & 255] as number) ^ (value >>> 8);
  return ~value >>> 0;
}
