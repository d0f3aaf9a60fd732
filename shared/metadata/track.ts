import { Damaged, u32, u64 } from './binary.ts';
import { type Box, childrenOf, contentOf, type Film } from './boxes.ts';

/** A stretch of the file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

const mostSamples = 4_000_000;
const slice = 1024 * 1024;

/** Where the samples of a track lie. @throws Damaged when its tables do not agree. */
export async function sampleRanges(film: Film, tables: Box): Promise<Range[]> {
  const boxes = new Map((await childrenOf(film, tables)).map((box) => [box.type, box]));
  const [chunks, sizes, runs] = [boxes.get('stco') ?? boxes.get('co64'), boxes.get('stsz'), boxes.get('stsc')];
  if (!chunks || !sizes || !runs) throw new Damaged();
  const wide = chunks.type === 'co64';
  const places = await numbers(film, chunks, { skipped: 8, width: wide ? 8 : 4 });
  const perChunk = await numbers(film, runs, { skipped: 8, width: 4 });
  const [same = 0, count = 0] = await numbers(film, { ...sizes, end: sizes.body + 12 }, { skipped: 4, width: 4 });
  if (count > mostSamples) throw new Damaged();
  const each = same === 0 ? await numbers(film, sizes, { skipped: 12, width: 4 }) : undefined;
  const ranges: Range[] = [];
  let [sample, run] = [0, 0];
  for (const [index, start] of places.entries()) {
    while (perChunk[(run + 1) * 3] !== undefined && perChunk[(run + 1) * 3]! <= index + 1) run++;
    const samples = Math.min(perChunk[run * 3 + 1] ?? 0, count - sample);
    let length = same * samples;
    if (each) for (let at = 0; at < samples; at++) length += each[sample + at] ?? 0;
    sample += samples;
    if (length > 0) ranges.push({ start, end: start + length });
  }
  if (sample !== count) throw new Damaged();
  if (ranges.some(({ end }) => end > film.window.size)) throw new Damaged();
  return ranges;
}

interface Table {
  /** Bytes before the numbers. */
  readonly skipped: number;
  /** Bytes of a number. */
  readonly width: 4 | 8;
}

async function numbers(film: Film, box: Box, { skipped, width }: Table): Promise<number[]> {
  const found: number[] = [];
  if ((box.end - box.body - skipped) / width > 3 * mostSamples) throw new Damaged();
  for (let at = box.body + skipped; at + width <= box.end; at += slice) {
    const bytes = await film.window.bytes(at, Math.min(slice, box.end - at));
    for (let place = 0; place + width <= bytes.length; place += width)
      found.push(width === 8 ? u64(bytes, place) : u32(bytes, place));
  }
  return found;
}

/** What kind of thing a track holds, by its handler. */
export async function handlerOf(film: Film, media: readonly Box[]): Promise<string> {
  const handler = media.find(({ type }) => type === 'hdlr');
  const bytes = handler ? await contentOf(film, handler, 12) : new Uint8Array();
  return String.fromCharCode(...bytes.subarray(8, 12));
}
