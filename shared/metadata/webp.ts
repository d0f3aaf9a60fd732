import { Damaged, fromLatin, latin, startsWith, viewOf } from './binary.ts';
import { exifFacts, isOrientationBlock, orientationBlock, orientationIn } from './exif.ts';
import type { Format, Holder } from './holder.ts';
import { type Window, within } from './window.ts';
import { mostXmp, xmpFacts } from './xmp.ts';

const mostChunks = 100_000;
const exifMark = 'Exif\0\0';
const needed: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const flags = { exif: 0x08, xmp: 0x04 } as const;

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly body: number;
  /** Of the content, without the byte that makes it even. */
  readonly end: number;
}

/** What is taken away shortens the file, whose length and contents its first chunks tell: those are written anew. */
export const webp: Format = {
  name: 'WebP',
  is: (head) => startsWith(head, 'RIFF') && startsWith(head, 'WEBP', 8),
  async *holders(window) {
    const told = little(await window.bytes(4, 4)) + 8;
    if (told > window.size) throw new Damaged();
    const all = await chunks(window, told);
    const gone: Holder[] = [];
    for (const chunk of all) {
      const holder = needed.has(chunk.type) || chunk.type === 'VP8X' ? undefined : await holderOf(window, chunk, told);
      if (holder) gone.push(holder);
    }
    if (gone.length > 0) {
      const shorter = gone.reduce((sum, { start, end, instead }) => sum + end - start - (instead?.length ?? 0), 0);
      yield { what: 'other', start: 4, end: 8, instead: littleBytes(told - shorter - 8) };
      const [first] = all;
      if (first?.type === 'VP8X') yield await flagsOf(window, first, gone);
    }
    yield* gone;
    if (told < window.size) yield { what: 'trailer', start: told, end: window.size };
  },
};

async function chunks(window: Window, end: number): Promise<Chunk[]> {
  const found: Chunk[] = [];
  for (let at = 12; at < end; ) {
    const head = await window.bytes(at, 8);
    const chunk = { type: latin(head.subarray(0, 4)), start: at, body: at + 8, end: at + 8 + little(head.subarray(4)) };
    found.push(chunk);
    at = chunk.end + (chunk.end % 2);
    if (at > end || found.length > mostChunks) throw new Damaged();
  }
  return found;
}

async function holderOf(window: Window, { type, start, body, end }: Chunk, last: number): Promise<Holder | undefined> {
  const place = { start, end: Math.min(last, end + (end % 2)) };
  if (type === 'XMP ')
    return {
      what: 'xmp',
      ...place,
      tells: async () => xmpFacts(await window.bytes(body, Math.min(mostXmp, end - body))),
    };
  if (type !== 'EXIF') return { what: type === 'C2PA' ? 'credentials' : 'other', ...place };
  // Some programs write the mark of JPEG before it.
  const mark = end - body >= exifMark.length && startsWith(await window.bytes(body, exifMark.length), exifMark);
  const tiff = within(window, body + (mark ? exifMark.length : 0), end);
  if (tiff.size === 26 && isOrientationBlock(await tiff.bytes(0, 26))) return undefined;
  const turned = await orientationIn(tiff).catch(() => 1);
  const block = latin(orientationBlock(turned));
  const instead = turned === 1 ? {} : { instead: fromLatin(`EXIF\x1a\0\0\0${block}`) };
  return { what: 'exif', ...place, ...instead, tells: () => exifFacts(tiff) };
}

async function flagsOf(window: Window, { body }: Chunk, gone: readonly Holder[]): Promise<Holder> {
  const [before = 0] = await window.bytes(body, 1);
  const turned = gone.some(({ what, instead }) => what === 'exif' && instead);
  const exif = gone.some(({ what }) => what === 'exif') ? (turned ? flags.exif : 0) : before & flags.exif;
  const instead = Uint8Array.from([(before & ~(flags.exif | flags.xmp)) | exif]);
  return { what: 'other', start: body, end: body + 1, instead };
}

function little(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(0, true);
}

function littleBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
