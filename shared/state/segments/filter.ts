/*
 * Bloom filters: whether a key may be in a segment. With sixteen bits and eleven probes a key, one key in two thousand
 * that is not there is looked for in vain. https://doi.org/10.1145/362686.362692, with the two hashes of Kirsch and
 * Mitzenmacher.
 */

const bitsPerKey = 16;
export const usualProbes = 11;
/** Of filters whose index does not tell: they had ten bits a key. */
export const formerProbes = 6;

/** Takes keys one by one, and keeps no more of each than two numbers. */
export interface FilterWriter {
  add(key: string): void;
  finish(): Uint8Array;
}

export function createFilterWriter(): FilterWriter {
  const hashes: number[] = [];
  const put = (key: string): void => void hashes.push(hashOf(key, seeds[0]), hashOf(key, seeds[1]));
  let lastFamily: string | undefined;
  return {
    add(key) {
      if (isFiltered(key)) put(key);
      const family = familyOf(key);
      if (family !== undefined && family !== lastFamily) put(family);
      lastFamily = family;
    },
    finish() {
      const bytes = new Uint8Array(Math.ceil((Math.max(2, hashes.length) / 2) * (bitsPerKey / 8)));
      for (let at = 0; at < hashes.length; at += 2)
        for (const bit of bitsOf(hashes[at]!, hashes[at + 1]!, bytes.length * 8, usualProbes))
          bytes[bit >> 3]! |= 1 << (bit & 7);
      return bytes;
    },
  };
}

/**
 * Keys that end in a number are not in a filter: they follow one another, so that the index tells where they are, and of
 * those of one digest the family is.
 */
export function isFiltered(key: string): boolean {
  return !/\/\d{12}$/.test(key);
}

/**
 * What keys of the same digest begin with: `…/digest/<digest>/` of `…/digest/<digest>/<number>`. A filter holds it, so
 * that nobody reads a block to find that it has no key of a digest. Elsewhere such a word has deeper keys behind it,
 * of which a filter holds no beginning.
 */
export function familyOf(key: string): string | undefined {
  return /^.*\/digest\/[0-9a-f]{32,}\/(?=[^/]*$)/.exec(key)?.[0];
}

/** False only when the key is certainly not among those that the filter was made of. */
export function mayHold(filter: Uint8Array, key: string, probes = usualProbes): boolean {
  return bitsOf(hashOf(key, seeds[0]), hashOf(key, seeds[1]), filter.length * 8, probes).every(
    (bit) => (filter[bit >> 3]! & (1 << (bit & 7))) !== 0,
  );
}

const seeds = [0x811c9dc5, 0x9747b28c] as const;

function bitsOf(first: number, second: number, size: number, probes: number): number[] {
  const step = second | 1;
  return Array.from({ length: probes }, (_, probe) => ((first + probe * step) >>> 0) % size);
}

/** FNV-1a with the last mixing steps of MurmurHash3. */
function hashOf(key: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
