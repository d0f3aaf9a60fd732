import { refuseBomb } from '../core/archive.ts';
import { readBytes, viewOf } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { inflate } from '../core/inflate.ts';
import { say } from '../core/sentence.ts';
import { crc32 } from '../core/zip.ts';
import type { ByteSource } from './source.ts';
import { inWindows } from './windows.ts';

/** A file or a folder in a ZIP archive. */
export interface ZipEntry {
  /** As the archive writes it; whoever makes a path of it has to look where it leads. Folders end with a slash. */
  readonly path: string;
  /**
   * The content. Reading it is `integrity-mismatch` where it is not what the archive says of it, `unsupported` where it
   * is encrypted, or packed in another way than the usual one.
   */
  readonly source: ByteSource;
}

interface Listed {
  readonly path: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly at: number;
}

const endMark = 0x06054b50;
const listedMark = 0x02014b50;
const localMark = 0x04034b50;
const endSize = 22;
const longestComment = 0xffff;
const largestDirectory = 64 * 1024 * 1024;
const encrypted = 1;

/**
 * What is in a ZIP archive, by the field list of PKWARE's APPNOTE.TXT 6.3. Reads the directory alone; contents are
 * unpacked as they are asked for.
 *
 * @throws `invalid-input` for what is no such archive; `unsupported` for one that needs the 64-bit extension;
 *   `too-large` for one that unpacks to far more than it is.
 */
export async function unzip(archive: ByteSource): Promise<ZipEntry[]> {
  const source = inWindows(archive);
  const { count, size, at } = await endOf(source);
  if (at + size > source.size || size > largestDirectory) throw noArchive();
  const directory = await readBytes(source.open({ start: at, end: at + size }), largestDirectory);
  const files: Listed[] = [];
  for (let place = 0; files.length < count; ) {
    const { listed, next } = listedAt(directory, place);
    files.push(listed);
    place = next;
  }
  refuseBomb(files, source.size);
  return files.map((listed) => ({ path: listed.path, source: contentOf(source, listed) }));
}

async function endOf(source: ByteSource): Promise<{ count: number; size: number; at: number }> {
  const start = Math.max(0, source.size - endSize - longestComment);
  const tail = await readBytes(source.open({ start }), endSize + longestComment);
  const view = viewOf(tail);
  for (let place = tail.length - endSize; place >= 0; place--) {
    if (view.getUint32(place, true) !== endMark || place + endSize + view.getUint16(place + 20, true) > tail.length)
      continue;
    const [count, size, at] = [
      view.getUint16(place + 10, true),
      ...[12, 16].map((to) => view.getUint32(place + to, true)),
    ];
    if (count === 0xffff || size === 0xffffffff || at === 0xffffffff)
      throw new DossierError('unsupported', 'ZIP archives of more than 4 GiB or 65,534 files cannot be read here');
    return { count: count as number, size: size as number, at: at as number };
  }
  throw noArchive();
}

function listedAt(directory: Uint8Array, place: number): { listed: Listed; next: number } {
  const view = viewOf(directory);
  if (place + 46 > directory.length || view.getUint32(place, true) !== listedMark) throw noArchive();
  const short = (to: number) => view.getUint16(place + to, true);
  const long = (to: number) => view.getUint32(place + to, true);
  const nameEnd = place + 46 + short(28);
  const listed = {
    path: nameIn(directory.subarray(place + 46, nameEnd)),
    flags: short(8),
    method: short(10),
    crc: long(16),
    packedSize: long(20),
    size: long(24),
    at: long(42),
  };
  return { listed, next: nameEnd + short(30) + short(32) };
}

/** Archives seldom say in which code page their names are; what is no UTF-8 comes from Windows. */
function nameIn(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function contentOf(archive: ByteSource, listed: Listed): ByteSource {
  const { path, size, crc } = listed;
  const damaged = (cause?: unknown) =>
    new DossierError('integrity-mismatch', say`"${path}" is damaged in the archive`, { path, cause });
  async function* whole(): AsyncGenerator<Uint8Array> {
    let [got, sum] = [0, 0];
    for await (const piece of unpacked(archive, listed)) {
      got += piece.length;
      sum = crc32(piece, sum);
      if (got > size) throw damaged();
      yield piece;
    }
    if (got !== size || sum !== crc) throw damaged();
  }
  return {
    size,
    fingerprint: async () => `zip:${crc}:${size}`,
    async *open({ start = 0, end = size } = {}) {
      let at = 0;
      for await (const piece of whole()) {
        const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
        at += piece.length;
        if (wanted.length > 0) yield wanted;
        if (at >= end && end < size) return;
      }
    },
  };
}

async function* unpacked(archive: ByteSource, listed: Listed): AsyncGenerator<Uint8Array> {
  const { path, at, flags, method, packedSize } = listed;
  if ((flags & encrypted) !== 0)
    throw new DossierError('unsupported', say`"${path}" is encrypted in the archive`, { path });
  if (method !== 0 && method !== 8)
    throw new DossierError('unsupported', say`"${path}" is packed in a way that cannot be read here`, { path });
  const header = await readBytes(archive.open({ start: at, end: at + 30 }), 30);
  if (header.length < 30 || viewOf(header).getUint32(0, true) !== localMark) throw noArchive();
  const start = at + 30 + viewOf(header).getUint16(26, true) + viewOf(header).getUint16(28, true);
  const packed = archive.open({ start, end: start + packedSize });
  yield* method === 0 ? packed : inflate(packed);
}

function noArchive(): DossierError {
  return new DossierError('invalid-input', 'The file is no ZIP archive, or it is damaged');
}
