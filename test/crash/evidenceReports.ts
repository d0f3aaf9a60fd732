import { type Attachment, type ByteSource, bytesSource, newReport, type Report, utf8 } from '../../shared/index.ts';
import { box, exifSegment, filmWith, jpegSegment, jpegWith, pngWith, quicktimeText } from '../support/pictures.ts';
import { seeded, seededBytes, seededInteger } from '../support/seeded.ts';

/**
 * Planted in the Exif block of a picture that goes as it is, which alone may hold it afterwards, and in Exif, XMP, PNG
 * text and QuickTime of files that go without metadata.
 */
export const canary = 'CANARY-51.4779N-0.0015W';

const stems = [
  'photo',
  'größe',
  '写真',
  'two  words',
  'back\\slash',
  'line\nbreak',
  '-dash',
  '*star',
  '#hash',
  '100%',
  "it's",
  'a"quote',
  '$(id)',
  '`id`',
  'semi;colon',
  '&amp;',
  '<b>',
  'ünïcödé',
  'cafe\u0301',
  'عربي',
  '🙂',
  ' lead',
  'trail. ',
  'SHA256SUMS',
  'ro-crate-metadata',
  'dossier',
  'description',
  'con',
  '..',
  '~tilde',
  'plus+and',
  'percent%20',
  '[x]',
] as const;
const extensions = ['.jpg', '.JPG', '.tar.gz', '', '.json', '.txt', '.mp4'] as const;

/** A report with difficult names, the same for the same seed, and where its bytes are. */
export function evidenceReport(seed: number): { report: Report; open(attachment: Attachment): Promise<ByteSource> } {
  const random = seeded(`evidence ${seed}`);
  const pick = <T>(from: readonly T[]): T => from[seededInteger(random, from.length)] as T;
  const contents = Array.from({ length: 1 + seededInteger(random, 5) }, (_, index) => {
    const bytes = seededBytes(pick([0, 1, 200, 5_000]), `${seed} ${index}`);
    return index === 0 ? pictureWithCanary(bytes) : bytes;
  });
  const whole = contents.length;
  contents.push(...planted);
  const attachments = contents.map(
    (bytes, index): Attachment => ({
      id: `a${index}`,
      name: `${pick(stems)}${pick(stems)}${pick(extensions)}`,
      mediaType: index === 0 ? 'image/jpeg' : 'application/octet-stream',
      size: bytes.length,
      source: { kind: 'test', index },
      fingerprint: `bytes:${bytes.length}`,
      ...(index < whole ? {} : { metadata: 'remove' }),
    }),
  );
  const content = {
    title: `${seed} ${pick(stems)}`,
    description: pick(['', 'Grüße\r\nzweite Zeile', 'x']),
    attachments,
  };
  const report = newReport(content, { id: `report-${seed}`.padEnd(26, '0'), connection: 'c', now: 1_800_000_000_000 });
  return { report, open: async ({ source }) => bytesSource(contents[Number(source['index'])]!) };
}

const place = [51.4779, -0.0015] as const;
const planted: readonly Uint8Array[] = [
  jpegWith(exifSegment({ make: canary, software: canary, place })),
  jpegWith(jpegSegment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', `<x:xmpmeta photoshop:City="${canary}"/>`)),
  pngWith('tEXt', `Comment\0${canary}`),
  pngWith('iTXt', `XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta photoshop:City="${canary}"/>`),
  filmWith({ beside: [box('udta', quicktimeText('\xa9xyz', `+51.4779-000.0015/${canary}`))] }),
  filmWith({ handler: 'meta', samples: `${canary} of a drone` }),
];

/** The beginning of a JPEG file with an Exif comment. */
function pictureWithCanary(rest: Uint8Array): Uint8Array {
  const text = utf8(`Exif\0\0${canary}`);
  return new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0, text.length + 2, ...text, 0xff, 0xda, ...rest, 0xff, 0xd9]);
}
