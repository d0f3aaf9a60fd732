import { Damaged, fromLatin, latin, shownText, startsWith, u32 } from './binary.ts';
import { exifFacts, isOrientationBlock, orientationBlock, orientationIn, takenAt } from './exif.ts';
import type { Facts } from './facts.ts';
import type { Format, Holder, Holding } from './holder.ts';
import { mostAtOnce, type Window, within } from './window.ts';
import { mostXmp, xmpFacts } from './xmp.ts';

const signature = '\x89PNG\r\n\x1a\n';
/** Large pictures come in many small chunks. */
const mostChunks = 100_000;

/** Chunks that are needed to draw the picture, or its frames. */
const needed: ReadonlySet<string> = new Set(
  'IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV mDCv cLLI cLLi sBIT bKGD pHYs hIST sPLT acTL fcTL fdAT'.split(
    ' ',
  ),
);
const holdings: Readonly<Record<string, Holding>> = {
  eXIf: 'exif',
  tEXt: 'text',
  zTXt: 'text',
  iTXt: 'text',
  tIME: 'times',
  caBX: 'credentials',
};
const xmpKeyword = 'XML:com.adobe.xmp\0';

export const png: Format = {
  name: 'PNG',
  is: (head) => startsWith(head, signature),
  async *holders(window) {
    let at = signature.length;
    for (let chunks = 0; chunks < mostChunks; chunks++) {
      const head = await window.bytes(at, 8);
      const type = latin(head.subarray(4));
      const [body, end] = [at + 8, at + 8 + u32(head, 0) + 4];
      if (end > window.size || !/^[A-Za-z]{4}$/.test(type)) throw new Damaged();
      const holder = needed.has(type) ? undefined : await holderAt(window, type, { start: at, body, end });
      if (holder) yield holder;
      at = end;
      if (type !== 'IEND') continue;
      if (at < window.size) yield { what: 'trailer', start: at, end: window.size };
      return;
    }
    throw new Damaged();
  },
};

interface Chunk {
  readonly start: number;
  readonly body: number;
  /** Behind its checksum. */
  readonly end: number;
}

async function holderAt(window: Window, type: string, chunk: Chunk): Promise<Holder | undefined> {
  const { start, body, end } = chunk;
  if (type === 'eXIf') return exifHolder(window, chunk);
  const text = () => window.bytes(body, Math.min(mostXmp, mostAtOnce, end - 4 - body));
  const tells: Readonly<Record<string, () => Promise<Facts>>> = {
    tEXt: async () => textFacts(await text()),
    iTXt: async () => internationalFacts(await text()),
  };
  const reading = tells[type];
  return { what: holdings[type] ?? 'other', start, end, ...(reading ? { tells: reading } : {}) };
}

async function exifHolder(window: Window, { start, body, end }: Chunk): Promise<Holder | undefined> {
  const tiff = within(window, body, end - 4);
  if (tiff.size === 26 && isOrientationBlock(await tiff.bytes(0, 26))) return undefined;
  const turned = await orientationIn(tiff).catch(() => 1);
  const instead = turned === 1 ? {} : { instead: chunkBytes('eXIf', orientationBlock(turned)) };
  return { what: 'exif', start, end, ...instead, tells: () => exifFacts(tiff) };
}

function textFacts(bytes: Uint8Array): Facts {
  const split = bytes.indexOf(0);
  const [keyword, value] = [latin(bytes.subarray(0, Math.max(0, split))), shownText(bytes.subarray(split + 1))];
  if (keyword === 'Software') return value === '' ? {} : { software: value };
  return keyword === 'Creation Time' ? takenAt(value) : {};
}

/** What is compressed is not opened: it could swell without end. */
function internationalFacts(bytes: Uint8Array): Facts {
  if (!startsWith(bytes, xmpKeyword)) return textFactsOf(bytes);
  const isCompressed = bytes[xmpKeyword.length] !== 0;
  return isCompressed ? {} : xmpFacts(bytes.subarray(xmpKeyword.length + 2));
}

/** Keyword, two flags, language and translated keyword stand before the text. */
function textFactsOf(bytes: Uint8Array): Facts {
  const keyword = bytes.indexOf(0);
  if (keyword < 0 || bytes[keyword + 1] !== 0) return {};
  const language = bytes.indexOf(0, keyword + 3);
  const translated = language < 0 ? -1 : bytes.indexOf(0, language + 1);
  if (translated < 0) return {};
  return textFacts(
    Uint8Array.from([...bytes.subarray(0, keyword + 1), ...bytes.subarray(translated + 1, translated + 801)]),
  );
}

function chunkBytes(type: string, content: Uint8Array): Uint8Array {
  const named = Uint8Array.from([...fromLatin(type), ...content]);
  const bytes = new Uint8Array(named.length + 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(named, 4);
  view.setUint32(named.length + 4, checksum(named));
  return bytes;
}

/** CRC-32, bit by bit: it is asked for some dozens of bytes. */
function checksum(bytes: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb8_8320 : 0);
  }
  return ~value >>> 0;
}
