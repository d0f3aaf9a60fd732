/*
 * Bloom filters: whether a key may be in a segment. With ten bits and six probes a key, one key in a hundred that is
 * not there is looked for in vain. https://doi.org/10.1145/362686.362692, with the two hashes of Kirsch and Mitzenmacher.
 */

const bitsPerKey = 10;
const probes = 6;

export function encodeFilter(keys: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((Math.max(1, keys.length) * bitsPerKey) / 8));
  for (const key of keys) for (const bit of bitsOf(key, bytes.length * 8)) bytes[bit >> 3]! |= 1 << (bit & 7);
  return bytes;
}

/** False only when the key is certainly not among those that the filter was made of. */
export function mayHold(filter: Uint8Array, key: string): boolean {
  return bitsOf(key, filter.length * 8).every((bit) => (filter[bit >> 3]! & (1 << (bit & 7))) !== 0);
}

function bitsOf(key: string, size: number): number[] {
  const [first, step] = [hashOf(key, 0x811c9dc5), hashOf(key, 0x9747b28c) | 1];
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
