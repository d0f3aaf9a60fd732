import { latin, shownText, u16, u32 } from './binary.ts';
import { type Box, childrenOf, contentOf, type Film } from './boxes.ts';
import { takenAt } from './exif.ts';
import { cameraOf, type Facts, joinFacts, placeAt } from './facts.ts';
import { xmpFacts } from './xmp.ts';

const mostText = 4_096;
const mostKeys = 1_000;
/** `uuid` of a box with an XMP packet. */
const xmpId = '\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac';

type Field = 'place' | 'make' | 'model' | 'software' | 'taken';

/** Names of the same things: in user data, and with Apple's keys. */
const fields: Readonly<Record<string, Field>> = {
  '\xa9xyz': 'place',
  '\xa9mak': 'make',
  '\xa9mod': 'model',
  '\xa9swr': 'software',
  '\xa9too': 'software',
  '\xa9day': 'taken',
  'com.apple.quicktime.location.ISO6709': 'place',
  'com.apple.quicktime.make': 'make',
  'com.apple.quicktime.model': 'model',
  'com.apple.quicktime.software': 'software',
  'com.apple.quicktime.creationdate': 'taken',
  'com.android.version': 'software',
  'com.android.manufacturer': 'make',
  'com.android.model': 'model',
  'location': 'place',
  'make': 'make',
  'model': 'model',
};
const readers: Readonly<Record<string, (film: Film, box: Box) => Promise<Facts>>> = {
  'udta': userDataFacts,
  'meta': metaFacts,
  'uuid': uuidFacts,
  'XMP_': async (film, box) => xmpFacts(await contentOf(film, box)),
  'loci': async (film, box) => placeBox(await contentOf(film, box, mostText)),
};

/** What a box beside the film itself says. */
export async function boxFacts(film: Film, box: Box): Promise<Facts> {
  return (await readers[box.type]?.(film, box)) ?? {};
}

export const canTell = ({ type }: Box): boolean => Object.hasOwn(readers, type);

async function userDataFacts(film: Film, box: Box): Promise<Facts> {
  const texts = new Map<Field, string>();
  const others: Facts[] = [];
  for (const child of await childrenOf(film, box)) {
    const field = fields[child.type];
    if (field) texts.set(field, texts.get(field) ?? userText(await contentOf(film, child, mostText)));
    // One level, so that no depth of boxes can be asked for.
    else if (child.type !== 'udta' && canTell(child)) others.push(await boxFacts(film, child));
  }
  return joinFacts([factsOf(texts), ...others]);
}

/** QuickTime writes length and language first; 3GPP a version, and others the bare text. */
function userText(bytes: Uint8Array): string {
  const length = bytes.length >= 4 ? u16(bytes, 0) : 0;
  return shownText(length > 0 && length <= bytes.length - 4 ? bytes.subarray(4, 4 + length) : bytes);
}

async function metaFacts(film: Film, box: Box): Promise<Facts> {
  const head = await contentOf(film, box, 8);
  // Of QuickTime it has no version.
  const children = await childrenOf(film, box, latin(head.subarray(4)) === 'hdlr' ? 0 : 4);
  const keys = children.find(({ type }) => type === 'keys');
  const names = keys ? keyNames(await contentOf(film, keys)) : [];
  const list = children.find(({ type }) => type === 'ilst');
  const texts = new Map<Field, string>();
  for (const item of list ? await childrenOf(film, list) : []) {
    const field =
      fields[item.type] ??
      fields[
        names[
          u32(
            Uint8Array.from(item.type, (c) => c.charCodeAt(0)),
            0,
          ) - 1
        ] ?? ''
      ];
    const data = field && (await childrenOf(film, item)).find(({ type }) => type === 'data');
    if (field && data && data.end - data.body > 8)
      texts.set(field, texts.get(field) ?? shownText((await contentOf(film, data, mostText)).subarray(8)));
  }
  return factsOf(texts);
}

function keyNames(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 8; at + 8 <= bytes.length && names.length < mostKeys; ) {
    const size = u32(bytes, at);
    if (size < 8 || at + size > bytes.length) break;
    names.push(latin(bytes.subarray(at + 8, Math.min(at + size, at + 208))));
    at += size;
  }
  return names;
}

async function uuidFacts(film: Film, box: Box): Promise<Facts> {
  const bytes = await contentOf(film, box);
  return latin(bytes.subarray(0, 16)) === xmpId ? xmpFacts(bytes.subarray(16)) : {};
}

function factsOf(texts: ReadonlyMap<Field, string>): Facts {
  const software = texts.get('software');
  return {
    ...takenAt(texts.get('taken') ?? ''),
    ...cameraOf(texts.get('make'), texts.get('model')),
    ...(software ? { software } : {}),
    ...pointIn(texts.get('place') ?? ''),
  };
}

/** ISO 6709: `+51.4779-000.0015+012.3/`, in degrees. */
function pointIn(text: string): Pick<Facts, 'place'> {
  const [, latitude, longitude] = /^([+-]\d{1,2}(?:\.\d{1,12})?)([+-]\d{1,3}(?:\.\d{1,12})?)/.exec(text) ?? [];
  return latitude === undefined ? {} : placeAt(Number(latitude), Number(longitude));
}

/** 3GPP: version, language, a name that ends with zero, role, and degrees in 16.16. */
function placeBox(bytes: Uint8Array): Facts {
  const end = bytes.indexOf(0, 6);
  if (end < 0 || end + 10 > bytes.length) return {};
  const degrees = (at: number) => (u32(bytes, at) | 0) / 65_536;
  const name = shownText(bytes.subarray(6, end));
  const { place } = placeAt(degrees(end + 6), degrees(end + 2));
  return place || name ? { place: { ...place, ...(name === '' ? {} : { name }) } } : {};
}
