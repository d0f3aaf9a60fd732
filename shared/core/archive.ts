import { concatBytes, fromUtf8, readBytes, viewOf } from './bytes.ts';
import { DossierError, isDossierError } from './errors.ts';
import { inflate } from './inflate.ts';
import { printable } from './paths.ts';
import { type Sentence, say } from './sentence.ts';

/** The bytes of an archive, any piece of them. */
export interface ArchiveBytes {
  readonly size: number;
  open(range: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array>;
}

export interface ArchivedFile {
  /** Relative, with slashes. */
  readonly path: string;
  /** Bytes, as the archive says. */
  readonly size: number;
}

/** The files of an archive, in the order in which they lie in it. */
export interface Archive {
  readonly files: readonly ArchivedFile[];
  /** `integrity-mismatch` where the content is damaged. Read in their order, the archive is gone through once. */
  read(path: string): AsyncIterable<Uint8Array>;
}

interface Packed extends ArchivedFile {
  readonly packedSize: number;
  readonly isDeflated: boolean;
  readonly name: Uint8Array;
  /** Where its header begins, and where at the latest its content ends. */
  readonly at: number;
  readonly limit: number;
}

/** What is held in memory of any archive. */
const mostFiles = 200_000;
const largestDirectory = 2 ** 26;
/** Of an end with the longest remark, and of what a 64-bit archive has before it. */
const longestEnd = 22 + 65_535 + 20;
/** An archive may unpack to this much, or to so many times its size, whichever is more. */
const smallUnpacked = 2 ** 26;
const mostTimes = 100;

const past32 = 0xffff_ffff;

/**
 * Reads the directory of a ZIP archive (APPNOTE.TXT 6.3, with 64 bits), whoever made it. Anything that two programs may
 * understand in two ways is refused: names that lead elsewhere or stand there twice, links, contents that overlap, and
 * headers that contradict the directory. Codes: `invalid-response` for those and for what is no archive, `unsupported`
 * for encryption and unusual compression, `too-large` for what unpacks to far more than it is.
 */
export async function openArchive(bytes: ArchiveBytes): Promise<Archive> {
  const end = await findEnd(bytes);
  if (end.count > mostFiles || end.size > largestDirectory)
    throw new DossierError('too-large', say`The archive holds more than ${mostFiles} files: unpack it`, {
      advice: null,
    });
  if (end.at + end.size !== end.endsAt) throw refused(say`its directory is not where it should be`);
  const found = parseDirectory(await piece(bytes, end.at, end.endsAt), end);
  const packed = new Map<string, Packed>();
  for (const file of found) {
    if (packed.has(file.path)) throw refused(say`it holds "${printable(file.path)}" twice`);
    packed.set(file.path, file);
  }
  refuseBomb(found, bytes.size);
  return { files: found, read: (path) => content(bytes, packed.get(path)!) };
}

/**
 * What the directory says of each size is enough, where nothing gives more than that.
 *
 * @throws `too-large` for an archive of `archiveSize` bytes that unpacks to far more than it is.
 */
export function refuseBomb(files: readonly { readonly size: number }[], archiveSize: number): void {
  const unpacked = files.reduce((sum, { size }) => sum + size, 0);
  if (unpacked > Math.max(smallUnpacked, mostTimes * archiveSize))
    throw new DossierError(
      'too-large',
      say`The archive unpacks to more than ${mostTimes} times its size: unpack it yourself if you trust it`,
      { advice: null },
    );
}

interface End {
  readonly count: number;
  /** Of the directory, and where it begins and ends. */
  readonly size: number;
  readonly at: number;
  readonly endsAt: number;
}

async function findEnd(bytes: ArchiveBytes): Promise<End> {
  const start = Math.max(0, bytes.size - longestEnd);
  const tail = viewOf(await piece(bytes, start, bytes.size));
  for (let at = tail.byteLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50 || tail.getUint16(at + 20, true) !== tail.byteLength - at - 22)
      continue;
    if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50)
      return wideEnd(bytes, number(tail, at - 12), start + at - 20);
    const plain = {
      count: tail.getUint16(at + 10, true),
      size: tail.getUint32(at + 12, true),
      at: tail.getUint32(at + 16, true),
    };
    const isWhole = tail.getUint32(at + 4, true) === 0 && tail.getUint16(at + 8, true) === plain.count;
    if (!isWhole) throw refused(say`it is one part of several`);
    return { ...plain, endsAt: start + at };
  }
  throw new DossierError('invalid-response', 'This is no ZIP archive, or not all of one', { advice: null });
}

async function wideEnd(bytes: ArchiveBytes, at: number, before: number): Promise<End> {
  if (at + 56 > before) throw refused(say`its directory is not where it should be`);
  const end = viewOf(await piece(bytes, at, at + 56));
  if (end.getUint32(0, true) !== 0x06064b50) throw refused(say`its directory is not where it should be`);
  return { count: number(end, 32), size: number(end, 40), at: number(end, 48), endsAt: at };
}

function parseDirectory(directory: Uint8Array, { count, at: directoryAt }: End): readonly Packed[] {
  const view = viewOf(directory);
  const files: Omit<Packed, 'limit'>[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== 0x02014b50)
      throw refused(say`its directory is damaged`);
    const lengths = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const next = at + 46 + lengths.reduce((sum, length) => sum + length, 0);
    if (next > directory.length) throw refused(say`its directory is damaged`);
    const file = parseEntry(directory.subarray(at, next), lengths[0]!, lengths[1]!);
    if (file) files.push(file);
    at = next;
  }
  if (at !== directory.length) throw refused(say`its directory is damaged`);
  const inOrder = files.sort((a, b) => a.at - b.at);
  return inOrder.map((file, index): Packed => {
    const limit = inOrder[index + 1]?.at ?? directoryAt;
    if (file.at + 30 + file.name.length + file.packedSize > limit) throw refused(say`its files overlap`);
    return { ...file, limit };
  });
}

const typeOfFile = 0o170000;
const folder = 0o040000;
const ordinaryFile = 0o100000;

/** One file; nothing for a folder. */
function parseEntry(entry: Uint8Array, nameLength: number, extraLength: number): Omit<Packed, 'limit'> | undefined {
  const view = viewOf(entry);
  const name = entry.slice(46, 46 + nameLength);
  const path = pathOf(name);
  const flags = view.getUint16(8, true);
  const method = view.getUint16(10, true);
  const wide = wideFields(entry.subarray(46 + nameLength, 46 + nameLength + extraLength));
  const told = (place: number) => {
    const value = view.getUint32(place, true);
    return value === past32 ? (wide.shift() ?? value) : value;
  };
  const size = told(24);
  const packedSize = told(20);
  const at = told(42);
  const type = view.getUint8(5) === 3 ? view.getUint16(40, true) & typeOfFile : 0;
  if (type !== 0 && type !== folder && type !== ordinaryFile)
    throw refused(say`"${printable(path)}" in it is a link, and links are not followed`);
  if (path.endsWith('/')) {
    if (size > 0) throw refused(say`its directory is damaged`);
    return undefined;
  }
  if ((flags & 0x2041) !== 0)
    throw new DossierError('unsupported', 'The archive is encrypted: unpack it', { advice: null });
  if (method !== 0 && method !== 8)
    throw new DossierError('unsupported', 'The archive is compressed in an unusual way: unpack it', { advice: null });
  if (method === 0 && size !== packedSize) throw refused(say`its directory is damaged`);
  if (view.getUint16(34, true) !== 0) throw refused(say`it is one part of several`);
  return { path, size, packedSize, isDeflated: method === 8, name, at };
}

/** Numbers of 64 bits, in their order. */
function wideFields(extra: Uint8Array): number[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) !== 1 || at + 4 + length > extra.length) continue;
    return Array.from({ length: Math.floor(length / 8) }, (_, index) => number(view, at + 4 + 8 * index));
  }
  return [];
}

function pathOf(name: Uint8Array): string {
  let path: string;
  try {
    path = fromUtf8(name);
  } catch {
    throw new DossierError('unsupported', 'The names in the archive are not in UTF-8: unpack it', { advice: null });
  }
  const names = path.replace(/\/$/, '').split('/');
  if (/[\0\\]/.test(path) || /^[A-Za-z]:/.test(path) || names.some((each) => ['', '.', '..'].includes(each)))
    throw refused(say`it names "${printable(path)}", which may lead out of it`);
  return path;
}

async function* content(bytes: ArchiveBytes, file: Packed): AsyncGenerator<Uint8Array> {
  let left = file.size;
  for await (const part of file.isDeflated ? inflated(packedContent(bytes, file), file) : packedContent(bytes, file)) {
    left -= part.length;
    if (left < 0) throw damaged(file);
    yield part;
  }
  if (left > 0) throw damaged(file);
}

/** The header and what follows it, in one go. */
async function* packedContent(bytes: ArchiveBytes, file: Packed): AsyncGenerator<Uint8Array> {
  let header: Uint8Array | undefined = new Uint8Array();
  let left = file.packedSize;
  for await (const part of bytes.open({ start: file.at, end: file.limit })) {
    let rest = part;
    if (header) {
      header = concatBytes([header, part]);
      const length = headerLength(header, file);
      if (length === undefined || header.length < length) continue;
      if (length + file.packedSize > file.limit - file.at) throw refused(say`its files overlap`);
      rest = header.subarray(length);
      header = undefined;
    }
    const wanted = rest.subarray(0, left);
    left -= wanted.length;
    if (wanted.length > 0) yield wanted;
    if (left === 0) return;
  }
  if (header || left > 0) throw damaged(file);
}

function headerLength(header: Uint8Array, { name }: Packed): number | undefined {
  if (header.length < 30 + name.length) return undefined;
  const view = viewOf(header);
  const isSame =
    view.getUint32(0, true) === 0x04034b50 &&
    view.getUint16(26, true) === name.length &&
    name.every((byte, index) => header[30 + index] === byte);
  if (!isSame) throw refused(say`its headers contradict its directory`);
  return 30 + name.length + view.getUint16(28, true);
}

async function* inflated(packed: AsyncIterable<Uint8Array>, file: Packed): AsyncGenerator<Uint8Array> {
  try {
    yield* inflate(packed);
  } catch (error) {
    throw isDossierError(error, 'integrity-mismatch') ? damaged(file, error) : error;
  }
}

function damaged({ path }: Packed, cause?: unknown): DossierError {
  return new DossierError('integrity-mismatch', say`"${printable(path)}" is damaged in the archive`, {
    cause,
    advice: null,
    retry: 'never',
  });
}

function refused(why: Sentence): DossierError {
  return new DossierError('invalid-response', say`The archive is refused: ${why}`, { advice: null });
}

/** Of 64 bits; what is too large for a file at all stays too large. */
const number = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * (past32 + 1);

async function piece(bytes: ArchiveBytes, start: number, end: number): Promise<Uint8Array> {
  const read = await readBytes(bytes.open({ start, end }), end - start);
  if (read.length < end - start) throw new DossierError('source-changed');
  return read;
}
