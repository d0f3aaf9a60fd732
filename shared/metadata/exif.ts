import { Damaged, fromLatin, latin, shownText, viewOf } from './binary.ts';
import { cameraOf, type Facts, type Orientation, placeAt } from './facts.ts';
import type { Window } from './window.ts';

type Block = Pick<Window, 'size' | 'bytes'>;

/** Of the directories of a camera; a longer one is read so far. */
const mostEntries = 512;
const longestText = 400;
const tags = {
  make: 0x10f,
  model: 0x110,
  orientation: 0x112,
  software: 0x131,
  changed: 0x132,
  exif: 0x8769,
  gps: 0x8825,
  taken: 0x9003,
  digitized: 0x9004,
  offset: 0x9011,
} as const;
const gpsTags = { latitudeRef: 1, latitude: 2, longitudeRef: 3, longitude: 4 } as const;

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where the four bytes lie that hold the value, or its place. */
  readonly at: number;
}

/** A TIFF block: a file, or what Exif lies in. Three directories are read, each once, so that it cannot go in circles. */
interface Tiff {
  readonly block: Block;
  readonly little: boolean;
}

/** @throws Damaged */
export async function exifFacts(block: Block): Promise<Facts> {
  const { tiff, first } = await openTiff(block);
  const text = (entries: Entries, tag: number) => textOf(tiff, entries.get(tag));
  const exif = await directoryAt(tiff, first.get(tags.exif));
  const gps = await directoryAt(tiff, first.get(tags.gps));
  const time =
    (await text(exif, tags.taken)) || (await text(exif, tags.digitized)) || (await text(first, tags.changed));
  return {
    ...takenAt(time, await text(exif, tags.offset)),
    ...cameraOf(await text(first, tags.make), await text(first, tags.model)),
    ...softwareOf(await text(first, tags.software)),
    ...(await placeIn(tiff, gps)),
  };
}

const softwareOf = (software: string): Pick<Facts, 'software'> => (software === '' ? {} : { software });

/** 1 where there is none, or none that exists. */
export async function orientationIn(block: Block): Promise<Orientation> {
  const { tiff, first } = await openTiff(block);
  const entry = first.get(tags.orientation);
  const value = entry ? await number(tiff, entry.at, 2) : 1;
  return value >= 1 && value <= 8 ? value : 1;
}

/** A TIFF block that says how the picture is turned, and nothing else. */
export function orientationBlock(orientation: Orientation): Uint8Array {
  const head = 'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0';
  return fromLatin(`${head}${String.fromCharCode(orientation)}${'\0'.repeat(6)}`);
}

/** Nothing else stands in the block. */
export function isOrientationBlock(bytes: Uint8Array): boolean {
  return bytes.length === 26 && latin(orientationBlock(bytes[19] ?? 0)) === latin(bytes);
}

type Entries = ReadonlyMap<number, Entry>;

async function openTiff(block: Block): Promise<{ tiff: Tiff; first: Entries }> {
  const mark = latin(await block.bytes(0, 4));
  if (mark !== 'II*\0' && mark !== 'MM\0*') throw new Damaged();
  const tiff = { block, little: mark.startsWith('II') };
  return { tiff, first: await directory(tiff, await number(tiff, 4, 4)) };
}

async function directory(tiff: Tiff, at: number): Promise<Entries> {
  const count = Math.min(mostEntries, await number(tiff, at, 2));
  const bytes = await tiff.block.bytes(at + 2, count * 12);
  const view = viewOf(bytes);
  const entries = Array.from({ length: count }, (_, index): [number, Entry] => {
    const entry = {
      type: view.getUint16(index * 12 + 2, tiff.little),
      count: view.getUint32(index * 12 + 4, tiff.little),
    };
    return [view.getUint16(index * 12, tiff.little), { ...entry, at: at + 2 + index * 12 + 8 }];
  });
  return new Map(entries);
}

/** What cannot be read of a part leaves the others alone. */
async function directoryAt(tiff: Tiff, entry: Entry | undefined): Promise<Entries> {
  if (!entry) return new Map();
  return directory(tiff, await number(tiff, entry.at, 4)).catch(() => new Map());
}

async function number({ block, little }: Tiff, at: number, length: 2 | 4): Promise<number> {
  const bytes = await block.bytes(at, length);
  const view = viewOf(bytes);
  return length === 2 ? view.getUint16(0, little) : view.getUint32(0, little);
}

async function textOf(tiff: Tiff, entry: Entry | undefined): Promise<string> {
  if (!entry || entry.type !== 2 || entry.count === 0) return '';
  const at = entry.count <= 4 ? entry.at : await number(tiff, entry.at, 4);
  const bytes = await tiff.block.bytes(at, Math.min(entry.count, longestText)).catch(() => new Uint8Array());
  return shownText(bytes);
}

/** Exif has colons in the date. */
export function takenAt(time: string, offset = ''): Pick<Facts, 'taken'> {
  const [, date, clock] = /^(\d{4}[:-]\d\d[:-]\d\d)[ T](\d\d:\d\d(?::\d\d)?)/.exec(time) ?? [];
  if (date === undefined || /^0000/.test(date)) return {};
  const zone = /^[+-]\d\d:\d\d$/.test(offset) ? offset : (/(?:Z|[+-]\d\d:?\d\d)$/.exec(time)?.[0] ?? '');
  return { taken: `${date.replaceAll(':', '-')} ${clock}${zone === '' ? '' : ` ${zone === 'Z' ? 'UTC' : zone}`}` };
}

async function placeIn(tiff: Tiff, gps: Entries): Promise<Pick<Facts, 'place'>> {
  const at = (tag: number) => degrees(tiff, gps.get(tag)).catch(() => undefined);
  const [latitude, longitude] = [await at(gpsTags.latitude), await at(gpsTags.longitude)];
  if (latitude === undefined || longitude === undefined) return {};
  const isSouth = /^s/i.test(await textOf(tiff, gps.get(gpsTags.latitudeRef)));
  const isWest = /^w/i.test(await textOf(tiff, gps.get(gpsTags.longitudeRef)));
  return placeAt(isSouth ? -latitude : latitude, isWest ? -longitude : longitude);
}

async function degrees(tiff: Tiff, entry: Entry | undefined): Promise<number | undefined> {
  if (entry?.type !== 5 || entry.count < 1 || entry.count > 3) return undefined;
  const at = await number(tiff, entry.at, 4);
  let value = 0;
  for (let index = 0; index < entry.count; index++) {
    const over = await number(tiff, at + index * 8, 4);
    const under = await number(tiff, at + index * 8 + 4, 4);
    // Cameras write 0/0 for what they do not know.
    if (under === 0 && index === 0) return undefined;
    value += under === 0 ? 0 : over / under / 60 ** index;
  }
  return value;
}
