import { Damaged, fromLatin, isZero, latin, u32, u64 } from './binary.ts';
import { mostAtOnce, type Window } from './window.ts';

/** A box of the ISO base media file format, which QuickTime calls an atom. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where its content begins. */
  readonly body: number;
  readonly end: number;
}

/** All boxes of one file that are looked at: a long film in pieces has tens of thousands. */
const mostBoxes = 50_000;

/** A file whose boxes are read, and counted. */
export interface Film {
  readonly window: Window;
  count: number;
}

/** The boxes between two places. @throws Damaged where they do not lie within each other. */
async function* boxesIn(film: Film, start: number, end: number): AsyncIterable<Box> {
  for (let at = start; at < end; ) {
    if (end - at < 8 && (await isPadding(film, at, end))) return;
    const box = await boxAt(film, at, end);
    if (!box) return;
    yield box;
    at = box.end;
  }
}

/** Undefined where QuickTime ends a list with zeros. */
async function boxAt(film: Film, at: number, end: number): Promise<Box | undefined> {
  const { window } = film;
  const head = await window.bytes(at, 8);
  const type = latin(head.subarray(4));
  const told = u32(head, 0);
  if (told === 0 && end < window.size && (await isPadding(film, at, Math.min(end, at + 64)))) return undefined;
  const isLong = told === 1;
  const size = isLong ? u64(await window.bytes(at + 8, 8), 0) : told === 0 ? endOfFile(window, at, end) : told;
  const body = at + (isLong ? 16 : 8);
  if (at + size < body || at + size > end) throw new Damaged();
  return { type, start: at, body, end: at + size };
}

/** Only the last box of a file may leave its size open. */
function endOfFile(window: Window, at: number, end: number): number {
  if (end !== window.size) throw new Damaged();
  return end - at;
}

async function isPadding({ window }: Film, at: number, end: number): Promise<boolean> {
  return isZero(await window.bytes(at, end - at));
}

export async function childrenOf(film: Film, { body, end }: Pick<Box, 'body' | 'end'>, skipped = 0): Promise<Box[]> {
  const found: Box[] = [];
  for await (const box of boxesIn(film, body + skipped, end)) {
    if (++film.count > mostBoxes) throw new Damaged();
    found.push(box);
  }
  return found;
}

/** The content of a small box. */
export function contentOf({ window }: Film, { body, end }: Box, most = mostAtOnce): Promise<Uint8Array> {
  return window.bytes(body, Math.min(most, end - body));
}

/** What turns a box into one that nobody reads, of the same length. */
export function freeHeader({ start, body, end }: Box): Uint8Array {
  const head = new Uint8Array(body - start);
  const view = new DataView(head.buffer);
  view.setUint32(0, head.length === 16 ? 1 : end - start);
  head.set(fromLatin('free'), 4);
  if (head.length === 16) view.setBigUint64(8, BigInt(end - start));
  return head;
}

/** Whether a part holds nothing but zeros, read piece by piece. */
export async function isBlank({ window }: Film, start: number, end: number): Promise<boolean> {
  const step = 65_536;
  for (let at = start; at < end; at += step)
    if (!isZero(await window.bytes(at, Math.min(step, end - at)))) return false;
  return true;
}
