/** Small pictures and films, made by hand, with what is asked for planted in them. */

export type Bytes = Uint8Array<ArrayBuffer>;

export type Piece = Uint8Array | string | readonly number[];

export const joined = (...parts: readonly Piece[]): Bytes =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Uint8Array.from(part))),
    ),
  );

const big = (width: number, value: number): Bytes => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(Math.floor(value)));
  return new Uint8Array(bytes.subarray(8 - width));
};
export const u16 = (value: number): Bytes => big(2, value);
export const u32 = (value: number): Bytes => big(4, value);
export const u64 = (value: number): Bytes => big(8, value);

interface Planted {
  readonly make?: string;
  readonly model?: string;
  readonly software?: string;
  readonly taken?: string;
  readonly orientation?: number;
  /** Degrees north and east. */
  readonly place?: readonly [number, number];
}

/** A TIFF block as Exif has it, big-endian. */
export function tiffBlock({ make, model, software, taken, orientation, place }: Planted): Bytes {
  const texts: [number, string][] = [
    ...(make ? [[0x10f, make] as [number, string]] : []),
    ...(model ? [[0x110, model] as [number, string]] : []),
    ...(software ? [[0x131, software] as [number, string]] : []),
    ...(taken ? [[0x132, taken] as [number, string]] : []),
  ];
  const count = texts.length + (orientation ? 1 : 0) + (place ? 1 : 0);
  let free = 8 + 2 + count * 12 + 4;
  const later: Bytes[] = [];
  const put = (bytes: Bytes): Bytes => {
    later.push(bytes);
    free += bytes.length;
    return u32(free - bytes.length);
  };
  const entries = [
    ...texts.map(([tag, text]) => joined(u16(tag), u16(2), u32(text.length + 8), put(joined(text, new Uint8Array(8))))),
    ...(orientation ? [joined(u16(0x112), u16(3), u32(1), u16(orientation), u16(0))] : []),
    ...(place ? [joined(u16(0x8825), u16(4), u32(1), put(gpsDirectory(place, () => free)))] : []),
  ];
  return joined('MM\0*', u32(8), u16(count), ...entries, u32(0), ...later);
}

function gpsDirectory([latitude, longitude]: readonly [number, number], at: () => number): Bytes {
  const values = at() + 2 + 4 * 12 + 4;
  const degrees = (value: number) =>
    joined(u32(Math.round(Math.abs(value) * 10_000)), u32(10_000), u32(0), u32(1), u32(0), u32(1));
  return joined(
    u16(4),
    joined(u16(1), u16(2), u32(2), latitude < 0 ? 'S\0\0\0' : 'N\0\0\0'),
    joined(u16(2), u16(5), u32(3), u32(values)),
    joined(u16(3), u16(2), u32(2), longitude < 0 ? 'W\0\0\0' : 'E\0\0\0'),
    joined(u16(4), u16(5), u32(3), u32(values + 24)),
    u32(0),
    degrees(latitude),
    degrees(longitude),
  );
}

/** A picture of one grey dot. */
const dot = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=',
  'base64',
);

export const jpegSegment = (marker: number, ...content: readonly Piece[]): Bytes => {
  const bytes = joined(...content);
  return joined([0xff, marker], u16(bytes.length + 2), bytes);
};

export function jpegWith(...segments: readonly Uint8Array[]): Bytes {
  return joined(dot.subarray(0, 20), ...segments, dot.subarray(20));
}

/** A picture of no dots, with one chunk beside them. Its checksums are not looked at. */
export function pngWith(type: string, content: Piece): Bytes {
  const chunk = (name: string, bytes: Bytes) => joined(u32(bytes.length), name, bytes, u32(0));
  const head = chunk('IHDR', joined(u32(1), u32(1), [8, 0, 0, 0, 0]));
  return joined(
    '\x89PNG\r\n\x1a\n',
    head,
    chunk(type, joined(content)),
    chunk('IDAT', joined('x')),
    chunk('IEND', joined()),
  );
}

export const exifSegment = (planted: Planted): Bytes => jpegSegment(0xe1, 'Exif\0\0', tiffBlock(planted));

export const box = (type: string, ...content: readonly Piece[]): Bytes => {
  const bytes = joined(...content);
  return joined(u32(bytes.length + 8), type, bytes);
};

/** A film of two samples in one track, which is of `handler`'s kind; `beside` lies in `moov`. */
export function filmWith(given: {
  handler?: string;
  samples?: string;
  /** Bytes of the second sample, as the film tells them. */
  told?: number;
  beside?: readonly Uint8Array[];
}): Bytes {
  const { handler = 'vide', samples = 'first second', beside = [] } = given;
  const told = given.told ?? samples.length - 6;
  const head = box('ftyp', 'isom', u32(512), 'isommp41');
  const table = (at: number) =>
    box(
      'stbl',
      box('stsd', u32(0), u32(0)),
      box('stsz', u32(0), u32(0), u32(2), u32(6), u32(told)),
      box('stsc', u32(0), u32(1), u32(1), u32(2), u32(1)),
      box('stco', u32(0), u32(1), u32(at)),
    );
  const track = (at: number) =>
    box(
      'trak',
      box('tkhd', u32(0), u32(3_600_000_000), u32(3_600_000_000), new Uint8Array(72)),
      box('mdia', box('hdlr', u32(0), u32(0), handler, new Uint8Array(12), 'Handler\0'), box('minf', table(at))),
    );
  const film = (at: number) =>
    box('moov', box('mvhd', u32(0), u32(3_600_000_000), u32(3_600_000_000), new Uint8Array(88)), track(at), ...beside);
  const at = head.length + film(0).length + 8;
  return joined(head, film(at), box('mdat', samples));
}

/** User data of QuickTime: a text with its length and language. */
export const quicktimeText = (type: string, text: string): Bytes => box(type, u16(text.length), u16(0), text);
