import { type ByteSource, DossierError } from '../../../../shared/index.ts';
import { areSound } from './jumbf.ts';

/** Where a file says that its content credentials lie: in itself, or at an address, which nobody asks. */
export interface FoundStore {
  /** Manifest store in JUMBF, which is well formed. */
  readonly store?: Uint8Array;
  /** Named in its XMP. */
  readonly remote?: string;
  /** Whether the check that there is knows this format. */
  readonly isChecked: boolean;
}

/** A manifest store has some kilobytes, or with thumbnails some megabytes. */
const largestStore = 16 * 1024 * 1024;
const largestXmp = 1024 * 1024;
/** Parts of a file that are passed over in looking for the one with the credentials. */
const mostParts = 20_000;
const mostFill = 4_096;

/** Bytes of a file by their place, read in blocks, of which the last is kept. */
export interface Bytes {
  readonly size: number;
  /** Fewer only at the end of the file. */
  at(start: number, length: number): Promise<Uint8Array>;
}

/** A part of a file: a segment, a chunk, a box. */
interface Part {
  readonly type: string;
  readonly start: number;
  readonly length: number;
}

interface Format {
  readonly isChecked: boolean;
  readonly is: (head: Uint8Array) => boolean;
  readonly parts: (bytes: Bytes) => AsyncIterable<Part>;
  /** The piece of a manifest store in a part; empty where it holds none. */
  readonly piece: (part: Part, content: Uint8Array, before: number) => Uint8Array | undefined;
  readonly storeTypes: readonly string[];
  readonly xmpTypes: readonly string[];
}

/**
 * Looks for content credentials (C2PA) in a picture, a video or a sound without reading more than it must; undefined
 * where there are none. `invalid-input` for those that are damaged.
 */
export async function findStore(source: ByteSource): Promise<FoundStore | undefined> {
  const bytes = bytesOf(source);
  const head = await bytes.at(0, 32);
  const format = formats.find(({ is }) => is(head));
  if (!format) return undefined;
  const pieces: Uint8Array[] = [];
  let remote: string | undefined;
  let left = largestStore;
  let count = 0;
  for await (const part of format.parts(bytes)) {
    if (++count > mostParts) break;
    if (format.storeTypes.includes(part.type)) {
      if (part.length > left) throw damaged();
      const piece = format.piece(part, await whole(bytes, part), pieces.length);
      if (piece) pieces.push(piece);
      left -= part.length;
    } else if (remote === undefined && format.xmpTypes.includes(part.type) && part.length <= largestXmp)
      remote = remoteIn(await bytes.at(part.start, part.length));
  }
  const { isChecked } = format;
  if (pieces.length === 0) return remote === undefined ? undefined : { remote, isChecked };
  const store = new Uint8Array(Buffer.concat(pieces));
  if (!areSound(store)) throw damaged();
  return { store, isChecked, ...(remote === undefined ? {} : { remote }) };
}

async function whole(bytes: Bytes, { start, length }: Part): Promise<Uint8Array> {
  const content = await bytes.at(start, length);
  if (content.length < length) throw damaged();
  return content;
}

/** https://spec.c2pa.org: `dcterms:provenance` in the XMP names the address of a manifest elsewhere. */
function remoteIn(xmp: Uint8Array): string | undefined {
  const text = Buffer.from(xmp.buffer, xmp.byteOffset, xmp.byteLength).toString('utf8');
  const found = /dcterms:provenance\s*(?:=\s*["']|>)\s*(https?:[^"'<\s]{1,2000})/.exec(text);
  return found?.[1];
}

const text = (bytes: Uint8Array, start: number, length: number) =>
  Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
const uint = (bytes: Uint8Array, start: number, length: number) =>
  bytes.subarray(start, start + length).reduce((value, byte) => value * 256 + byte, 0);

async function* jpegParts(bytes: Bytes): AsyncIterable<Part> {
  for (let at = 2, fill = 0; ; ) {
    const [mark, type = 0, high = 0, low = 0] = await bytes.at(at, 4);
    if (mark !== 0xff || type === 0xda || type === 0xd9) return;
    if (type === 0xff) {
      // Any number may stand before a marker; no honest file has many.
      if (++fill > mostFill) return;
      at++;
      continue;
    }
    const length = high * 256 + low;
    if (length < 2) return;
    yield { type: type.toString(16), start: at + 4, length: length - 2 };
    at += 2 + length;
  }
}

async function* pngParts(bytes: Bytes): AsyncIterable<Part> {
  for (let at = 8; ; ) {
    const head = await bytes.at(at, 8);
    if (head.length < 8) return;
    const length = uint(head, 0, 4);
    yield { type: text(head, 4, 4), start: at + 8, length };
    at += 12 + length;
  }
}

async function* riffParts(bytes: Bytes): AsyncIterable<Part> {
  for (let at = 12; ; ) {
    const head = await bytes.at(at, 8);
    if (head.length < 8) return;
    const length = uint(head.slice(4).reverse(), 0, 4);
    yield { type: text(head, 0, 4), start: at + 8, length };
    at += 8 + length + (length % 2);
  }
}

async function* boxParts(bytes: Bytes): AsyncIterable<Part> {
  for (let at = 0; ; ) {
    const head = await bytes.at(at, 32);
    if (head.length < 8) return;
    const short = uint(head, 0, 4);
    const size = short === 1 ? uint(head, 8, 8) : short === 0 ? bytes.size - at : short;
    const header = short === 1 ? 16 : 8;
    if (size < header) return;
    const isOurs = text(head, 4, 4) === 'uuid' && text(head, header, 16) === c2paBox;
    yield { type: isOurs ? 'c2pa' : text(head, 4, 4), start: at + header, length: size - header };
    at += size;
  }
}

const c2paBox = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex').toString('latin1');

/** Segments of one JUMBF box carry the header of the box each; it is wanted once. */
function jpegPiece(_part: Part, content: Uint8Array, before: number): Uint8Array | undefined {
  if (text(content, 0, 2) !== 'JP' || text(content, 12, 4) !== 'jumb') return undefined;
  return content.subarray(before === 0 ? 8 : 16);
}

/** Behind the id of the box: version and flags, a purpose that ends with a zero, the place of a Merkle tree. */
function boxPiece(_part: Part, content: Uint8Array): Uint8Array | undefined {
  const end = content.indexOf(0, 20);
  return end > 0 && text(content, 20, end - 20) === 'manifest' ? content.subarray(end + 9) : undefined;
}

const plain = (_part: Part, content: Uint8Array): Uint8Array => content;

/** Videos, and pictures of the same build. */
const boxes: Format = {
  isChecked: false,
  is: (head) => text(head, 4, 4) === 'ftyp',
  parts: boxParts,
  piece: boxPiece,
  storeTypes: ['c2pa'],
  xmpTypes: ['uuid'],
};

const formats: readonly Format[] = [
  {
    isChecked: true,
    is: (head) => head[0] === 0xff && head[1] === 0xd8,
    parts: jpegParts,
    piece: jpegPiece,
    storeTypes: ['eb'],
    xmpTypes: ['e1'],
  },
  {
    isChecked: true,
    is: (head) => text(head, 0, 8) === '\x89PNG\r\n\x1a\n',
    parts: pngParts,
    piece: plain,
    storeTypes: ['caBX'],
    xmpTypes: ['iTXt'],
  },
  {
    isChecked: false,
    is: (head) => text(head, 0, 4) === 'RIFF',
    parts: riffParts,
    piece: plain,
    storeTypes: ['C2PA'],
    xmpTypes: ['XMP ', '_PMX'],
  },
  { ...boxes, isChecked: true, is: (head) => boxes.is(head) && ['heic', 'mif1'].includes(text(head, 8, 4)) },
  boxes,
];

const block = 64 * 1024;

function bytesOf(source: ByteSource): Bytes {
  let kept: { readonly start: number; readonly bytes: Uint8Array } | undefined;
  const read = async (start: number, end: number) => {
    const pieces: Uint8Array[] = [];
    if (start < source.size)
      for await (const piece of source.open({ start, end: Math.min(end, source.size) })) pieces.push(piece);
    return new Uint8Array(Buffer.concat(pieces));
  };
  return {
    size: source.size,
    async at(start, length) {
      if (length > block) return read(start, start + length);
      if (!kept || start < kept.start || start + length > kept.start + kept.bytes.length)
        kept = { start, bytes: await read(start, start + block) };
      return kept.bytes.subarray(start - kept.start, start - kept.start + length);
    },
  };
}

function damaged(): DossierError {
  return new DossierError('invalid-input', 'Its content credentials are damaged', { advice: null });
}
