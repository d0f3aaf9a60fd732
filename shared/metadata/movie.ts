import { Damaged, isZero, latin, startsWith, u32, u64 } from './binary.ts';
import { type Box, childrenOf, type Film, freeHeader, isBlank } from './boxes.ts';
import type { Facts } from './facts.ts';
import { CannotRemove, type Format, type Holder, type SurveyOptions } from './holder.ts';
import { boxFacts, canTell } from './quicktime.ts';
import { isStill, stillHolders } from './still.ts';
import { handlerOf, type Range, sampleRanges } from './track.ts';

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** The boxes that playing needs, by the box they lie in; every other one is made one that nobody reads. */
const needed: Readonly<Record<string, ReadonlySet<string>>> = {
  file: set('ftyp styp moov moof mdat mfra sidx ssix pdin'),
  moov: set('mvhd trak mvex iods pssh'),
  trak: set('tkhd edts mdia tapt load clip matt'),
  mdia: set('mdhd hdlr minf elng'),
  minf: set('vmhd smhd hmhd nmhd sthd gmhd dinf hdlr stbl'),
  stbl: set('stsd stts ctts stss stsc stsz stz2 stco co64 sdtp sbgp sgpd cslg saiz saio stps subs stsh padb stdp'),
  moof: set('mfhd traf pssh'),
  traf: set('tfhd trun tfdt sbgp sgpd subs saiz saio senc'),
};
const seen = set('vide soun auxv pict');
/** Content and place at once: nobody but the user can tell. */
const texts = set('text sbtl subt clcp');
/** Where the times of making and changing begin, and that they are four or eight bytes each. */
const timed = set('mvhd tkhd mdhd');
/** Seconds from 1904 to 1970. */
const epoch = 2_082_844_800;

/** MP4, QuickTime, and the still pictures of the same family (HEIC, AVIF). Nothing moves: what goes is blanked. */
export const movie: Format = {
  name: 'MP4',
  is: (head) =>
    startsWith(head, 'ftyp', 4) ||
    startsWith(head, 'moov', 4) ||
    startsWith(head, 'wide', 4) ||
    startsWith(head, 'mdat', 4),
  async *holders(window, options) {
    const film: Film = { window, count: 0 };
    const top = await childrenOf(film, { body: 0, end: window.size });
    const still = await isStill(film, top);
    const found: Holder[] = [];
    for (const box of top) {
      const own =
        still && box.type === 'meta'
          ? await stillHolders(film, box, top)
          : await holdersOf({ film, options, top }, 'file', box);
      // One by one: so many cannot be the arguments of one call.
      for (const holder of own) found.push(holder);
    }
    yield* found.sort((a, b) => a.start - b.start);
  },
};

interface Look {
  readonly film: Film;
  readonly options: SurveyOptions;
  readonly top: readonly Box[];
}

/** What of a box goes, and of all that lies in it. */
async function holdersOf(look: Look, parent: string, box: Box): Promise<Holder[]> {
  const { film } = look;
  const { type } = box;
  if (!needed[parent]!.has(type)) return goneBox(film, box);
  if (timed.has(type)) return timesOf(film, box);
  if (type === 'hdlr') return blankUnlessZero(film, { start: box.body + 12, end: box.end });
  if (type === 'dinf') return referencesOf(film, box);
  if (type === 'stsd') return descriptionsOf(film, box);
  if (type === 'trak') return trackHolders(look, box);
  if (!(type in needed)) return [];
  const found: Holder[] = [];
  for (const child of await childrenOf(film, box))
    for (const holder of await holdersOf(look, type, child)) found.push(holder);
  return found;
}

async function goneBox(film: Film, box: Box): Promise<Holder[]> {
  const { type, start, body, end } = box;
  const isEmpty = ['free', 'skip', 'wide'].includes(type);
  if (isEmpty && (await isBlank(film, body, end))) return [];
  const tells = canTell(box) ? { tells: () => boxFacts(film, box) } : {};
  return [{ what: isEmpty ? 'other' : 'user-data', start, end, instead: freeHeader(box), blank: true, ...tells }];
}

async function timesOf(film: Film, { type, body, end }: Box): Promise<Holder[]> {
  const [version] = await film.window.bytes(body, 1);
  const width = version === 1 ? 8 : 4;
  const place = { start: body + 4, end: body + 4 + 2 * width };
  if (place.end > end) throw new Damaged();
  const bytes = await film.window.bytes(place.start, 2 * width);
  if (isZero(bytes)) return [];
  const made = width === 8 ? u64(bytes, 0) : u32(bytes, 0);
  return [{ what: 'times', ...place, blank: true, ...(type === 'mvhd' ? { tells: async () => timeFacts(made) } : {}) }];
}

function timeFacts(made: number): Facts {
  const at = (made - epoch) * 1000;
  if (made === 0 || !(Math.abs(at) < 8e15)) return {};
  return { taken: `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC` };
}

async function blankUnlessZero(film: Film, { start, end }: Range): Promise<Holder[]> {
  if (end <= start || (await isBlank(film, start, end))) return [];
  return [{ what: 'other', start, end, blank: true }];
}

/** A reference to the file itself needs no name; one to another file means that the film is not in this one. */
async function referencesOf(film: Film, box: Box): Promise<Holder[]> {
  const found: Holder[] = [];
  for (const list of await childrenOf(film, box)) {
    if (list.type !== 'dref') continue;
    for (const reference of await childrenOf(film, list, 8)) {
      const flags = await film.window.bytes(reference.body, 4);
      if ((flags[3]! & 1) === 0) throw new CannotRemove('type');
      found.push(...(await blankUnlessZero(film, { start: reference.body + 4, end: reference.end })));
    }
  }
  return found;
}

/** Beside what decoding needs, a description names who made the coder. */
async function descriptionsOf(film: Film, box: Box): Promise<Holder[]> {
  const found: Holder[] = [];
  for (const { start, end } of await childrenOf(film, box, 8)) {
    const vendor = { start: start + 20, end: start + 24 };
    if (vendor.end <= end) found.push(...(await blankUnlessZero(film, vendor)));
    const name = { start: start + 50, end: start + 82 };
    if (name.end + 4 <= end && (await isPicture(film, start))) found.push(...(await blankUnlessZero(film, name)));
  }
  return found;
}

const pictureCoders = set(
  'avc1 avc2 avc3 avc4 hvc1 hev1 dvh1 dvhe av01 vp08 vp09 mp4v s263 jpeg mjpa mjpb apch apcn apcs apco ap4h ap4x encv',
);

async function isPicture({ window }: Film, start: number): Promise<boolean> {
  return pictureCoders.has(latin(await window.bytes(start + 4, 4)));
}

/** A track of the camera's own data goes with all its samples. */
async function trackHolders(look: Look, box: Box): Promise<Holder[]> {
  const { film, options, top } = look;
  const children = await childrenOf(film, box);
  const media = await childrenOf(film, children.find(({ type }) => type === 'mdia') ?? { body: 0, end: 0 });
  const handler = await handlerOf(film, media);
  if (texts.has(handler) && options.whole) throw new CannotRemove('text-track');
  if (seen.has(handler) || texts.has(handler)) {
    const found: Holder[] = [];
    for (const child of children) found.push(...(await holdersOf(look, 'trak', child)));
    return found;
  }
  const gone: Holder = { what: 'track', start: box.start, end: box.end, instead: freeHeader(box), blank: true };
  if (!options.whole) return [gone];
  // Of a film in pieces, the samples are told of in each piece.
  if (top.some(({ type }) => type === 'moof')) throw new CannotRemove('type');
  const inner = media.find(({ type }) => type === 'minf');
  const tables = inner && (await childrenOf(film, inner)).find(({ type }) => type === 'stbl');
  const ranges = tables ? await sampleRanges(film, tables) : [];
  const data = top.filter(({ type }) => type === 'mdat');
  const isData = ({ start, end }: Range) => data.some((each) => start >= each.body && end <= each.end);
  if (!ranges.every(isData)) throw new Damaged();
  return [gone, ...ranges.map((range): Holder => ({ what: 'track', ...range, blank: true }))];
}
