import { createHash } from 'node:crypto';

/** A stream of pseudo-random numbers in [0, 1) that a failing test can be replayed from. */
export function seeded(seed: number | string): () => number {
  let state = createHash('sha256').update(String(seed)).digest().readUInt32LE(0) || 1;
  return () => {
    // xorshift32: short, and good enough to choose schedules.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export function seededInteger(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

/** Bytes that do not compress and do not repeat, the same for the same seed. */
export function seededBytes(length: number, seed: number | string): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (let at = 0, block = 0; at < length; at += 32, block++) {
    createHash('sha256')
      .update(`${seed}:${block}`)
      .digest()
      .copy(bytes, at, 0, Math.min(32, length - at));
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
}
