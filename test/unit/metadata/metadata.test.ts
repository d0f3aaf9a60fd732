import { describe, expect, it } from 'vitest';
import { type ByteSource, bytesSource, readBytes } from '../../../shared/index.ts';
import { proveRemoval, readMetadata, removeMetadata } from '../../../shared/metadata/index.ts';
import {
  type Bytes,
  box,
  exifSegment,
  filmWith,
  joined,
  jpegSegment,
  jpegWith,
  quicktimeText,
  tiffBlock,
  u16,
  u32,
  u64,
} from '../../support/pictures.ts';
import { seeded, seededInteger } from '../../support/seeded.ts';

const canary = 'CANARY';
const planted = {
  make: `${canary} Works`,
  model: 'M9',
  software: `${canary}soft 1.0`,
  taken: '2026:05:01 12:33:10',
  place: [51.4779, -0.0015],
} as const;
const xmp = `<x:xmpmeta><rdf:Description photoshop:City="${canary}town" exif:GPSLatitude="51,28.674N" exif:GPSLongitude="0,0.09W"/></x:xmpmeta>`;
const point = '+51.4779-000.0015/';

const cleaned = async (bytes: Uint8Array): Promise<{ source: ByteSource; bytes: Buffer }> => {
  const removal = await removeMetadata(bytesSource(bytes));
  if (!removal.ok) throw new Error(removal.why);
  return { source: removal.source, bytes: Buffer.from(await readBytes(removal.source.open(), 2 ** 24)) };
};

const files: Readonly<Record<string, Bytes>> = {
  'a JPEG with Exif': jpegWith(exifSegment(planted)),
  'a JPEG with XMP': jpegWith(jpegSegment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', xmp)),
  'a JPEG with IPTC': jpegWith(jpegSegment(0xed, 'Photoshop 3.0\0', [0x1c, 2, 90], u16(10), `${canary}town`)),
  'a film with a place in its user data': filmWith({
    beside: [box('udta', quicktimeText('\xa9xyz', point), quicktimeText('\xa9mod', canary))],
  }),
  'a film with Apple’s keys': filmWith({
    beside: [
      box(
        'meta',
        box('hdlr', u32(0), u32(0), 'mdta', new Uint8Array(12)),
        box('keys', u32(0), u32(1), u32(8 + 36), 'mdta', 'com.apple.quicktime.location.ISO6709'),
        box('ilst', box('\0\0\0\x01', box('data', u32(1), u32(0), point))),
      ),
    ],
  }),
  'a film with a place of 3GPP': filmWith({
    beside: [
      box(
        'udta',
        box(
          'loci',
          u32(0),
          u16(0),
          `${canary}town\0\0`,
          u32(-0.0015 * 65_536 + 2 ** 32),
          u32(51.4779 * 65_536),
          u32(0),
        ),
      ),
    ],
  }),
};

describe('what a file says of itself', () => {
  it('is read', async () => {
    expect(await readMetadata(bytesSource(files['a JPEG with Exif']!))).toEqual({
      holds: ['exif'],
      taken: '2026-05-01 12:33:10',
      camera: `${canary} Works M9`,
      software: `${canary}soft 1.0`,
      place: { latitude: 51.4779, longitude: -0.0015 },
    });
  });

  it.each(Object.entries(files))('is a place in %s', async (_, bytes) => {
    const place = (await readMetadata(bytesSource(bytes)))?.place;
    const isPoint =
      Math.abs((place?.latitude ?? 0) - 51.4779) < 1e-4 && Math.abs((place?.longitude ?? 9) + 0.0015) < 1e-4;
    expect(isPoint || place?.name === `${canary}town`).toBe(true);
  });

  it.each(Object.entries(files))('is gone from the copy of %s, and the rest stays', async (_, bytes) => {
    const { source, bytes: after } = await cleaned(bytes);
    expect(after.includes(canary)).toBe(false);
    expect(after.includes('51.4779')).toBe(false);
    expect(await readMetadata(source)).toEqual({ holds: [] });
    expect(await proveRemoval(source)).toBe(true);
    expect(await proveRemoval(bytesSource(bytes))).toBe(false);
    // The picture, or the samples and their places.
    const tail = Buffer.from(bytes).subarray(-14);
    expect(after.subarray(-14)).toEqual(tail);
    if (bytes[4] === 0x66) expect(after.length).toBe(bytes.length);
  });

  it('is nothing in a text', async () => {
    const source = bytesSource(joined('no picture'));
    expect(await readMetadata(source)).toBeUndefined();
    expect(await removeMetadata(source)).toEqual({ ok: false, why: 'type' });
  });

  it('leaves how a picture is turned', async () => {
    const { source, bytes } = await cleaned(jpegWith(exifSegment({ ...planted, orientation: 6 })));
    expect(bytes.includes(Buffer.from(tiffBlock({ orientation: 6 })))).toBe(true);
    expect(await proveRemoval(source)).toBe(true);
  });

  it('is cut off behind the end of a picture', async () => {
    const picture = jpegWith();
    expect((await cleaned(joined(picture, 'ftyp CANARY'))).bytes).toEqual(Buffer.from(picture));
  });

  it('goes with a track of the camera’s own data, with its samples', async () => {
    const { bytes, source } = await cleaned(filmWith({ handler: 'meta', samples: `${canary}51.4779` }));
    expect(bytes.includes(canary)).toBe(false);
    expect(bytes.includes('51.4779')).toBe(false);
    expect(await proveRemoval(source)).toBe(true);
  });

  it('is not taken from a film with subtitles, which are content too', async () => {
    expect(await removeMetadata(bytesSource(filmWith({ handler: 'text' })))).toEqual({ ok: false, why: 'text-track' });
  });

  it('is found where it lies in a place of its own making', async () => {
    const film = filmWith({ samples: 'Exif\0\0II*\0 51.4779' });
    expect(await proveRemoval((await cleaned(film)).source)).toBe(false);
  });

  it('is found where a dash cam lays its places between the samples', async () => {
    const film = filmWith({ samples: 'freeGPS 51.4779' });
    expect(await proveRemoval((await cleaned(film)).source)).toBe(false);
  });

  it('is gone from every range that is read', async () => {
    const { source, bytes } = await cleaned(files['a film with Apple’s keys']!);
    const random = seeded('ranges');
    for (let round = 0; round < 200; round++) {
      const start = seededInteger(random, bytes.length);
      const end = start + seededInteger(random, bytes.length - start + 1);
      expect(Buffer.from(await readBytes(source.open({ start, end }), 2 ** 20))).toEqual(bytes.subarray(start, end));
    }
  });
});

const wide = (type: string, size: number) => joined(u32(1), type, u64(size));
const hostile: Readonly<Record<string, Bytes>> = {
  'directories in a circle': jpegWith(
    jpegSegment(
      0xe1,
      'Exif\0\0MM\0*',
      u32(8),
      u16(2),
      u16(0x8769),
      u16(4),
      u32(1),
      u32(8),
      u16(0x8825),
      u16(4),
      u32(1),
      u32(8),
      u32(8),
    ),
  ),
  'a directory of 65,535 entries': jpegWith(
    jpegSegment(0xe1, 'Exif\0\0MM\0*', u32(8), u16(65_535), new Uint8Array(60_000)),
  ),
  'a text of 4 GiB': jpegWith(
    jpegSegment(0xe1, 'Exif\0\0MM\0*', u32(8), u16(1), u16(0x10f), u16(2), u32(0xffff_ffff), u32(8), u32(0)),
  ),
  'a million segments': joined([0xff, 0xd8], '\xff\xfe\0\x02'.repeat(1_000_000)),
  'a segment shorter than its length': jpegWith(joined([0xff, 0xe1, 0, 0])),
  'a chunk of 4 GiB': joined('\x89PNG\r\n\x1a\n', u32(0xffff_ffff), 'tEXt', 'Software\0x'),
  'a compressed text that swells': joined('\x89PNG\r\n\x1a\n', u32(40), 'zTXt', new Uint8Array(44)),
  'a box of 4 GiB': joined(box('ftyp', 'isom', u32(0)), u32(0xffff_ffff), 'moov'),
  'a box of 2^63 bytes': joined(box('ftyp', 'isom', u32(0)), u32(1), 'moov', [0x7f], new Uint8Array(7)),
  'a wide box larger than the file': joined(box('ftyp', 'isom', u32(0)), wide('moov', 2 ** 40)),
  'a box of no size': joined(box('ftyp', 'isom', u32(0)), box('moov', u32(0), 'trak')),
  'boxes in boxes without end': joined(
    box('ftyp', 'isom', u32(0)),
    Array.from({ length: 2_000 }).reduce<Bytes>((inner) => box('udta', box('meta', u32(0), inner)), box('\xa9xyz', '')),
  ),
  'a million boxes': joined(box('ftyp', 'isom', u32(0)), '\0\0\0\x08moof'.repeat(1_000_000)),
  'samples outside the file': filmWith({ handler: 'meta', told: 2 ** 31 }),
  'RIFF chunks larger than the file': joined('RIFF', [40, 0, 0, 0], 'WEBP', 'EXIF', [0xff, 0xff, 0xff, 0xff]),
  'an empty file': joined(),
  'one byte': joined([0xff]),
};

describe('hostile files', () => {
  it.each(Object.entries(hostile))('%s end within a second', async (_, bytes) => {
    const started = performance.now();
    const source = bytesSource(bytes);
    await readMetadata(source);
    const removal = await removeMetadata(source);
    if (removal.ok) await proveRemoval(removal.source);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('end in no exception and show no canary after a removal, wherever they are cut or changed', async () => {
    const random = seeded('hostile');
    const seeds = Object.values(files);
    for (let round = 0; round < 3_000; round++) {
      const bytes = Uint8Array.from(seeds[seededInteger(random, seeds.length)]!);
      for (let flips = seededInteger(random, 4); flips > 0; flips--)
        bytes[seededInteger(random, bytes.length)] = seededInteger(random, 256);
      const cut = bytes.subarray(
        0,
        seededInteger(random, 2) === 0 ? bytes.length : seededInteger(random, bytes.length),
      );
      await readMetadata(bytesSource(cut));
      const removal = await removeMetadata(bytesSource(cut));
      if (removal.ok) await readBytes(removal.source.open(), 2 ** 24);
    }
  });
});
