import { equalBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256 } from '../../core/hashing.ts';

/**
 * RFC 6962 section 2.1: leaves and nodes are hashed with different first bytes, so that one can never pass for the
 * other.
 */
const leafPrefix = 0;
const nodePrefix = 1;

export function hashLeaf(body: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + body.length);
  prefixed[0] = leafPrefix;
  prefixed.set(body, 1);
  return sha256(prefixed);
}

export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + left.length + right.length);
  prefixed[0] = nodePrefix;
  prefixed.set(left, 1);
  prefixed.set(right, 1 + left.length);
  return sha256(prefixed);
}

/** Root of a tree without leaves. */
export const emptyRoot: Uint8Array = sha256('');

/**
 * The right edge of a tree: the roots of its perfect subtrees, largest first. All that is needed to append and to know
 * the root. A tree of `size` leaves has as many of them as `size` has bits set.
 */
export interface CompactRange {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export const emptyRange: CompactRange = { size: 0, hashes: [] };

export function parseCompactRange(size: number, hashes: readonly Uint8Array[]): CompactRange {
  if (
    !Number.isSafeInteger(size) ||
    size < 0 ||
    hashes.length !== bitsSet(size) ||
    hashes.some((hash) => hash.length !== 32)
  ) {
    throw new DossierError('ledger-broken', 'The stored edge of the tree does not fit its size');
  }
  return { size, hashes };
}

/**
 * Appends leaves; `onNode` is told every node that became complete: level 0 are leaves, `index` counts within the
 * level.
 */
export function appendLeaves(
  range: CompactRange,
  leaves: readonly Uint8Array[],
  onNode?: (level: number, index: number, hash: Uint8Array) => void,
): CompactRange {
  const hashes = [...range.hashes];
  let size = range.size;
  for (const leaf of leaves) {
    let hash = leaf;
    let level = 0;
    onNode?.(0, size, hash);
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = hashNode(hashes.pop() as Uint8Array, hash);
      level++;
      onNode?.(level, Math.floor(size / 2 ** level), hash);
    }
    hashes.push(hash);
    size++;
  }
  return { size, hashes };
}

export function rootOf({ hashes }: CompactRange): Uint8Array {
  if (hashes.length === 0) return emptyRoot;
  return hashes.reduceRight((right, left) => hashNode(left, right));
}

/** Gives the hash of the perfect subtree `index` at `level`. */
export type NodeReader = (level: number, index: number) => Promise<Uint8Array>;

/**
 * RFC 6962 section 2.1.1: hashes that lead from leaf `index` to the root of the first `size` leaves, from the leaf
 * upwards.
 */
export async function inclusionProof(read: NodeReader, index: number, size: number): Promise<Uint8Array[]> {
  if (index < 0 || index >= size) throw new TypeError('The leaf is not in the tree');
  return pathTo(read, index, 0, size);
}

async function pathTo(read: NodeReader, index: number, start: number, end: number): Promise<Uint8Array[]> {
  const size = end - start;
  if (size === 1) return [];
  const middle = start + largestPowerBelow(size);
  if (index < middle) return [...(await pathTo(read, index, start, middle)), await subtreeRoot(read, middle, end)];
  return [...(await pathTo(read, index, middle, end)), await subtreeRoot(read, start, middle)];
}

/**
 * RFC 6962 section 2.1.2: proves that the tree of `newSize` begins with the tree of `oldSize`. Empty for 0 and for
 * equal sizes.
 */
export async function consistencyProof(read: NodeReader, oldSize: number, newSize: number): Promise<Uint8Array[]> {
  if (oldSize > newSize) throw new TypeError('A smaller tree cannot continue a larger one');
  if (oldSize === 0 || oldSize === newSize) return [];
  const between = async (size: number, start: number, end: number, whole: boolean): Promise<Uint8Array[]> => {
    if (size === end - start) return whole ? [] : [await subtreeRoot(read, start, end)];
    const half = largestPowerBelow(end - start);
    if (size <= half)
      return [...(await between(size, start, start + half, whole)), await subtreeRoot(read, start + half, end)];
    return [...(await between(size - half, start + half, end, false)), await subtreeRoot(read, start, start + half)];
  };
  return between(oldSize, 0, newSize, true);
}

/** Root of leaves `start` to `end`, a subtree as RFC 6962 splits it, from its perfect parts. */
async function subtreeRoot(read: NodeReader, start: number, end: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let at = start; at < end; ) {
    const level = Math.floor(Math.log2(end - at));
    parts.push(await read(level, at / 2 ** level));
    at += 2 ** level;
  }
  return parts.reduceRight((right, left) => hashNode(left, right));
}

/**
 * The root that a leaf and its inclusion proof lead to; undefined when the proof has not the right length. RFC 9162
 * section 2.1.3.2.
 */
export function rootFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined;
  let [node, last] = [index, size - 1];
  let root = leaf;
  for (const hash of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = hashNode(hash, root);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      root = hashNode(root, hash);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}

/** True when the proof shows that `newRoot` continues `oldRoot`. RFC 9162 section 2.1.4.2. */
export function isConsistent(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, emptyRoot);
  if (oldSize > newSize || proof.length === 0) return false;
  let [node, last] = [oldSize - 1, newSize - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  const hashes = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  let [older, newer] = [hashes[0] as Uint8Array, hashes[0] as Uint8Array];
  for (const hash of hashes.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      older = hashNode(hash, older);
      newer = hashNode(hash, newer);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      newer = hashNode(newer, hash);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && equalBytes(older, oldRoot) && equalBytes(newer, newRoot);
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function isPowerOfTwo(size: number): boolean {
  return bitsSet(size) === 1;
}

function bitsSet(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
