import { Damaged, fromLatin, latin, startsWith, u16 } from './binary.ts';
import { exifFacts, isOrientationBlock, orientationBlock, orientationIn } from './exif.ts';
import type { Format, Holder, Holding } from './holder.ts';
import { iptcFacts } from './iptc.ts';
import { type Window, within } from './window.ts';
import { xmpFacts } from './xmp.ts';

const exifMark = 'Exif\0\0';
const xmpMark = 'http://ns.adobe.com/xap/1.0/\0';
const markers = { start: 0xd8, end: 0xd9, scan: 0xda, app0: 0xe0, app15: 0xef, comment: 0xfe } as const;
/** Parts before the picture. A real file has some dozens; scans of a progressive one are parts too. */
const mostParts = 4_096;
const blockBytes = 65_536;

/** Marker segments that are needed to draw the picture: JFIF, colour profile, Adobe's colour transform. */
const needed: Readonly<Record<number, string>> = { 0xe0: 'JFIF\0', 0xe2: 'ICC_PROFILE\0', 0xee: 'Adobe' };

/** Parts that are left out, by their marker and how they begin; all other application parts are `other`. */
const known: readonly (readonly [number, string, Holding])[] = [
  [0xe1, exifMark, 'exif'],
  [0xe1, 'http://ns.adobe.com/', 'xmp'],
  [0xeb, 'JP', 'credentials'],
  [0xed, 'Photoshop 3.0\0', 'iptc'],
  [0xfe, '', 'text'],
];

export const jpeg: Format = {
  name: 'JPEG',
  is: (head) => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff,
  async *holders(window, { whole }) {
    let at = 2;
    for (let parts = 0; parts < mostParts; parts++) {
      const { marker, from } = await markerAt(window, at);
      if (marker === markers.end) {
        if (from < window.size) yield { what: 'trailer', start: from, end: window.size };
        return;
      }
      const end = from + u16(await window.bytes(from, 2), 0);
      if (end < from + 2 || end > window.size) throw new Damaged();
      const holder = isApplication(marker)
        ? await holderAt(window, marker, { start: at, body: from + 2, end })
        : undefined;
      if (holder) yield holder;
      if (marker === markers.scan && !whole) return;
      at = marker === markers.scan ? await endOfScan(window, end) : end;
    }
    throw new Damaged();
  },
};

const isApplication = (marker: number): boolean =>
  (marker >= markers.app0 && marker <= markers.app15) || marker === markers.comment;

/** Any number of 0xff may stand before a marker. */
async function markerAt(window: Window, at: number): Promise<{ marker: number; from: number }> {
  for (let place = at; place < at + 256; place++) {
    const [byte] = await window.bytes(place, 1);
    if (byte !== 0xff && place > at) return { marker: byte!, from: place + 1 };
    if (byte !== 0xff) break;
  }
  throw new Damaged();
}

interface Segment {
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

async function holderAt(window: Window, marker: number, segment: Segment): Promise<Holder | undefined> {
  const { start, body, end } = segment;
  const head = await window.bytes(body, Math.min(32, end - body));
  if (needed[marker] !== undefined && startsWith(head, needed[marker])) return thumbnailOf(window, marker, segment);
  const what = known.find(([of, mark]) => of === marker && startsWith(head, mark))?.[2] ?? 'other';
  const bytes = (skipped: number) => window.bytes(body + skipped, end - body - skipped);
  const place = { what, start, end };
  if (what === 'exif') return exifHolder(window, segment);
  if (startsWith(head, xmpMark)) return { ...place, tells: async () => xmpFacts(await bytes(xmpMark.length)) };
  if (what === 'iptc') return { ...place, tells: async () => iptcFacts(await bytes(0)) };
  return place;
}

async function exifHolder(window: Window, { start, body, end }: Segment): Promise<Holder | undefined> {
  const tiff = within(window, body + exifMark.length, end);
  if (tiff.size === 26 && isOrientationBlock(await tiff.bytes(0, 26))) return undefined;
  const turned = await orientationIn(tiff).catch(() => 1);
  const block = latin(orientationBlock(turned));
  return {
    what: 'exif',
    start,
    end,
    ...(turned === 1 ? {} : { instead: fromLatin(`\xff\xe1\0\x22${exifMark}${block}`) }),
    tells: () => exifFacts(tiff),
  };
}

/** JFIF may carry a small picture, which shows what the large one does not any more. */
async function thumbnailOf(window: Window, marker: number, { start, body, end }: Segment): Promise<Holder | undefined> {
  if (marker !== markers.app0 || end - body <= 14) return undefined;
  const kept = latin(await window.bytes(body, 12));
  return { what: 'other', start, end, instead: fromLatin(`\xff\xe0\0\x10${kept}\0\0`) };
}

/** Where the marker after the coded picture lies. */
async function endOfScan(window: Window, start: number): Promise<number> {
  for (let at = start; at < window.size; ) {
    const block = await window.bytes(at, Math.min(blockBytes, window.size - at));
    for (let found = block.indexOf(0xff); found >= 0; found = block.indexOf(0xff, found + 1)) {
      if (found + 1 === block.length) break;
      const next = block[found + 1]!;
      const isCoded = next === 0 || (next >= 0xd0 && next <= 0xd7) || next === 0xff;
      if (!isCoded) return at + found;
    }
    // The last byte is looked at again with the one after it.
    at += Math.max(1, block.length - 1);
  }
  throw new Damaged();
}
