import { Damaged, fromLatin, latin, u16, u32, u64 } from './binary.ts';
import { type Box, childrenOf, contentOf, type Film, isBlank } from './boxes.ts';
import { exifFacts } from './exif.ts';
import type { Facts } from './facts.ts';
import type { Holder, Holding } from './holder.ts';
import type { Range } from './track.ts';
import { within } from './window.ts';
import { xmpFacts } from './xmp.ts';

const brands = /^(?:heic|heix|heim|heis|hevc|hevx|mif1|msf1|avif|avis)/;
const mostItems = 10_000;
const itemHoldings: Readonly<Record<string, Holding>> = { 'Exif': 'exif', 'mime': 'xmp', 'uri ': 'other' };
/** Boxes that drawing needs. */
const needed: ReadonlySet<string> = new Set([
  'hdlr',
  'dinf',
  'pitm',
  'iinf',
  'iref',
  'iprp',
  'idat',
  'iloc',
  'grpl',
  'ipro',
]);
/** Properties that describe, and draw nothing. */
const describing: ReadonlySet<string> = new Set(['udes', 'altt', 'crtt', 'mdft', 'uuid']);

/** A file of still pictures, such as HEIC and AVIF. How they are turned is a property of each picture, and stays. */
export async function isStill(film: Film, top: readonly Box[]): Promise<boolean> {
  const first = top.find(({ type }) => type === 'ftyp');
  if (!first || !top.some(({ type }) => type === 'meta')) return false;
  const bytes = await contentOf(film, first, 256);
  return Array.from({ length: bytes.length / 4 }, (_, at) => latin(bytes.subarray(at * 4, at * 4 + 4))).some((brand) =>
    brands.test(brand),
  );
}

interface Item {
  readonly id: number;
  readonly type: string;
  /** Where the four letters of its type stand. */
  readonly typeAt: number;
  readonly end: number;
}

/** What is said of the pictures: items beside them, whose bytes are blanked and whose type becomes one that nobody reads. */
export async function stillHolders(film: Film, meta: Box, top: readonly Box[]): Promise<Holder[]> {
  const children = await childrenOf(film, meta, 4);
  const box = (type: string) => children.find((child) => child.type === type);
  const [list, places, data] = [box('iinf'), box('iloc'), box('idat')];
  const items = list ? await itemsIn(film, list) : [];
  const ranges = places ? placesIn(await contentOf(film, places), data) : new Map<number, Range[]>();
  const found: Holder[] = [];
  for (const item of items) {
    const what = itemHoldings[item.type];
    if (!what) continue;
    const own = ranges.get(item.id) ?? [];
    const isOwn = ({ start, end }: Range) =>
      [...top.filter(({ type }) => type === 'mdat'), ...(data ? [data] : [])].some(
        (each) => start >= each.body && end <= each.end,
      );
    if (!own.every(isOwn)) throw new Damaged();
    const [first] = own;
    found.push({ what, start: item.typeAt, end: item.end, instead: fromLatin('skip'), blank: true });
    for (const range of own)
      found.push({
        what,
        ...range,
        blank: true,
        ...(range === first ? { tells: () => itemFacts(film, item, range) } : {}),
      });
  }
  for (const child of children) {
    const isEmpty = child.type === 'free' && (await isBlank(film, child.body, child.end));
    if (!needed.has(child.type) && !isEmpty) found.push(gone(child));
  }
  const properties = box('iprp');
  for (const container of properties ? await childrenOf(film, properties) : [])
    if (container.type === 'ipco')
      for (const property of await childrenOf(film, container))
        if (describing.has(property.type)) found.push(gone(property));
  return found;
}

/** The place of a property counts, so it stays as an empty one. */
function gone({ start, body, end }: Box): Holder {
  const instead = new Uint8Array(body - start);
  new DataView(instead.buffer).setUint32(0, end - start);
  instead.set(fromLatin('free'), 4);
  return { what: 'other', start, end, instead, blank: true };
}

async function itemsIn(film: Film, list: Box): Promise<Item[]> {
  const [version] = await film.window.bytes(list.body, 1);
  const entries = await childrenOf(film, list, version === 0 ? 6 : 8);
  if (entries.length > mostItems) throw new Damaged();
  const items: Item[] = [];
  for (const entry of entries.filter(({ type }) => type === 'infe')) {
    const bytes = await contentOf(film, entry, 16);
    const wide = bytes[0] === 3;
    if (bytes.length < 12 || bytes[0]! < 2) continue;
    const typeAt = wide ? 10 : 8;
    items.push({
      id: wide ? u32(bytes, 4) : u16(bytes, 4),
      type: latin(bytes.subarray(typeAt, typeAt + 4)),
      typeAt: entry.body + typeAt,
      end: entry.end,
    });
  }
  return items;
}

/** Reads numbers one after the other. */
function reader(bytes: Uint8Array, start: number) {
  let at = start;
  const widths: Readonly<Record<number, (place: number) => number>> = {
    0: () => 0,
    2: (place) => u16(bytes, place),
    4: (place) => u32(bytes, place),
    8: (place) => u64(bytes, place),
  };
  return (width: number): number => {
    const read = widths[width];
    if (!read || at + width > bytes.length) throw new Damaged();
    at += width;
    return read(at - width);
  };
}

/** Where the bytes of each item lie, by its number. Items that lie elsewhere have no place. */
function placesIn(bytes: Uint8Array, data: Box | undefined): Map<number, Range[]> {
  const version = bytes[0]!;
  const [offsetWidth, lengthWidth] = [bytes[4]! >> 4, bytes[4]! & 15];
  const [baseWidth, indexWidth] = [bytes[5]! >> 4, version > 0 ? bytes[5]! & 15 : 0];
  const next = reader(bytes, 6);
  const places = new Map<number, Range[]>();
  const count = next(version < 2 ? 2 : 4);
  for (let item = 0; item < count && item < mostItems; item++) {
    const id = next(version < 2 ? 2 : 4);
    const method = version > 0 ? next(2) & 15 : 0;
    next(2);
    const base = next(baseWidth);
    const origin = method === 1 ? (data?.body ?? 0) : 0;
    const extents = Array.from({ length: next(2) }, (): Range => {
      next(indexWidth);
      const start = origin + base + next(offsetWidth);
      return { start, end: start + next(lengthWidth) };
    });
    if (method < 2) places.set(id, extents);
  }
  return places;
}

async function itemFacts({ window }: Film, { type }: Item, { start, end }: Range): Promise<Facts> {
  if (type === 'mime') return xmpFacts(await window.bytes(start, Math.min(end - start, 1024 * 1024)));
  if (type !== 'Exif') return {};
  const skipped = u32(await window.bytes(start, 4), 0);
  return exifFacts(within(window, start + 4 + skipped, end));
}
