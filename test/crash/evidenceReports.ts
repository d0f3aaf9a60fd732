import { type Attachment, type ByteSource, bytesSource, newReport, type Report, utf8 } from '../../shared/index.ts';
import { seeded, seededBytes, seededInteger } from '../support/seeded.ts';

/** Planted in a picture's Exif block: nothing but that picture may ever hold it. */
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
  const attachments = contents.map(
    (bytes, index): Attachment => ({
      id: `a${index}`,
      name: `${pick(stems)}${pick(stems)}${pick(extensions)}`,
      mediaType: index === 0 ? 'image/jpeg' : 'application/octet-stream',
      size: bytes.length,
      source: { kind: 'test', index },
      fingerprint: `bytes:${bytes.length}`,
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

/** The beginning of a JPEG file with an Exif comment. */
function pictureWithCanary(rest: Uint8Array): Uint8Array {
  const text = utf8(`Exif\0\0${canary}`);
  return new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0, text.length + 2, ...text, 0xff, 0xda, ...rest, 0xff, 0xd9]);
}
