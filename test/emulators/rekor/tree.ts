import { createHash } from 'node:crypto';

/** RFC 6962 hashing, written out by its recursive definition. */
const sha256 = (...parts: Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

export const leafHash = (body: Uint8Array): Buffer => sha256(Uint8Array.of(0), body);

const split = (count: number): number => {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
};

export function rootHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const at = split(leaves.length);
  return sha256(Uint8Array.of(1), rootHash(leaves.slice(0, at)), rootHash(leaves.slice(at)));
}

/** Hashes beside the way from a leaf to the root, nearest first. */
export function auditPath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const at = split(leaves.length);
  const [left, right] = [leaves.slice(0, at), leaves.slice(at)];
  return index < at ? [...auditPath(index, left), rootHash(right)] : [...auditPath(index - at, right), rootHash(left)];
}
