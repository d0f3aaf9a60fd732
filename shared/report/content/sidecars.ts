import { foldedName } from '../../core/names.ts';

/**
 * What tools lay beside a picture, a video or a page, to vouch for it or to describe it: ProofMode's evidence, OpenPGP
 * signatures, OpenTimestamps, metadata as Tella and photo programs write them, archives of web pages.
 */
export type SidecarKind = 'proofmode' | 'signature' | 'timestamp' | 'metadata' | 'archive';

export interface Sidecar {
  readonly kind: SidecarKind;
  /** Place in the list of the file that it came with, where the names say which. */
  readonly of?: number;
}

/** Endings that follow the whole name of the file that they are about; ProofMode also writes its hash in its place. */
const endings: readonly (readonly [string, SidecarKind])[] = [
  ['.proof.csv.asc', 'proofmode'],
  ['.proof.json.asc', 'proofmode'],
  ['.proof.csv', 'proofmode'],
  ['.proof.json', 'proofmode'],
  ['.devicecheck', 'proofmode'],
  ['.gst', 'proofmode'],
  ['.nostr', 'proofmode'],
  ['.asc', 'signature'],
  ['.ots', 'timestamp'],
  ['.xmp', 'metadata'],
  ['.csv', 'metadata'],
];
/** Metadata also takes the place of the ending: `photo.csv` beside `photo.jpg`. */
const media = /\.(?:jpe?g|png|webp|gif|tiff?|hei[cf]|avif|dng|mp4|mov|3gp|m4a|aac|mp3|wav|ogg|opus)$/;
const hash = /^[0-9a-f]{64}$/;

/**
 * Which files of a list are sidecars of which others, by their names alone: what is in them is not read. The same names
 * always give the same answer.
 */
export function sidecarsAmong(names: readonly string[]): ReadonlyMap<number, Sidecar> {
  const folded = names.map(foldedName);
  const places = new Map(folded.map((name, place) => [name, place]));
  const stems = new Map<string, number[]>();
  for (const [place, name] of folded.entries())
    if (media.test(name)) {
      const stem = name.replace(media, '');
      stems.set(stem, [...(stems.get(stem) ?? []), place]);
    }
  const found = new Map<number, Sidecar>();
  for (const [place, name] of folded.entries()) {
    const sidecar = byEnding(name, places, stems);
    if (sidecar && sidecar.of !== place) found.set(place, sidecar);
  }
  const hasProof = [...found.values()].some(({ kind }) => kind === 'proofmode');
  const hasArchive = folded.some((name) => name.endsWith('.wacz'));
  for (const [place, name] of folded.entries()) {
    if (name === 'pubkey.asc' && hasProof) found.set(place, { kind: 'proofmode' });
    if (names.length > 1 && (name.endsWith('.wacz') || (name === 'metadata.json' && hasArchive)))
      found.set(place, { kind: 'archive' });
  }
  return new Map([...found].map(([place, sidecar]) => [place, { ...sidecar, ...rootOf(sidecar, found) }]));
}

function byEnding(
  name: string,
  places: ReadonlyMap<string, number>,
  stems: ReadonlyMap<string, readonly number[]>,
): Sidecar | undefined {
  for (const [ending, kind] of endings) {
    if (!name.endsWith(ending)) continue;
    const base = name.slice(0, -ending.length);
    const of = places.get(base);
    if (of !== undefined) return { kind, of };
    if (hash.test(base) && kind !== 'metadata') return { kind: 'proofmode' };
    const [only, ...others] = (kind === 'metadata' && stems.get(base)) || [];
    if (only !== undefined && others.length === 0) return { kind, of: only };
  }
  return undefined;
}

/** The signature of the evidence of a picture came with the picture. */
function rootOf({ of }: Sidecar, all: ReadonlyMap<number, Sidecar>): Pick<Sidecar, 'of'> {
  let root = of;
  // Each step leads to a shorter name, so there is an end.
  for (let next = root; next !== undefined; next = all.get(next)?.of) root = next;
  return root === undefined ? {} : { of: root };
}
