import { createHash, hash } from 'node:crypto';

/** Block size of the Dropbox content hash, bytes. https://www.dropbox.com/developers/reference/content-hash */
export const contentHashBlock = 4 * 1024 * 1024;

/** Digests of one content, lower-case hexadecimal. */
export interface Digests {
  readonly sha256: string;
  readonly dropboxContentHash: string;
}

// What is in memory as a whole is hashed in one call: a hash object for each costs more than the hashing of a few
// hundred bytes. Text counts as its UTF-8.

export function sha256(content: Uint8Array | string): Uint8Array {
  return new Uint8Array(hash('sha256', content, 'buffer'));
}

export function sha256Hex(content: Uint8Array | string): string {
  return hash('sha256', content, 'hex');
}

export function sha256Base64(content: Uint8Array | string): string {
  return hash('sha256', content, 'base64');
}

/** Without padding. */
export function sha256Base64Url(content: Uint8Array | string): string {
  return hash('sha256', content, 'base64url');
}

/** The Dropbox content hash of a run of 4 MiB blocks, from their SHA-256 digests. */
export function contentHashOfBlocks(blocks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const block of blocks) hash.update(block);
  return hash.digest('hex');
}

/** One pass over a content. Feed it in order. */
export interface ContentHasher {
  update(bytes: Uint8Array): void;
  /** SHA-256 of each full 4 MiB block that has gone by so far. */
  readonly blocks: readonly Uint8Array[];
  /** Bytes that have gone by. */
  readonly size: number;
  /** Ends the pass. */
  digest(): Digests;
}

/** SHA-256 and Dropbox content hash of the same bytes in one pass. */
export function createContentHasher(): ContentHasher {
  const whole = createHash('sha256');
  const blocks: Uint8Array[] = [];
  let block = createHash('sha256');
  let inBlock = 0;
  let size = 0;
  const endBlock = () => {
    blocks.push(new Uint8Array(block.digest()));
    block = createHash('sha256');
    inBlock = 0;
  };
  return {
    blocks,
    get size() {
      return size;
    },
    update(bytes) {
      whole.update(bytes);
      size += bytes.length;
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + contentHashBlock - inBlock);
        block.update(piece);
        inBlock += piece.length;
        at += piece.length;
        if (inBlock === contentHashBlock) endBlock();
      }
    },
    digest() {
      if (inBlock > 0) endBlock();
      return { sha256: whole.digest('hex'), dropboxContentHash: contentHashOfBlocks(blocks) };
    },
  };
}

/** Both digests of bytes that are in memory already. */
export function digestsOf(bytes: Uint8Array): Digests {
  const hasher = createContentHasher();
  hasher.update(bytes);
  return hasher.digest();
}

/** The Dropbox content hash of one piece that begins at a multiple of 4 MiB, or is a content of its own. */
export function contentHashOf(bytes: Uint8Array): string {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += contentHashBlock)
    blocks.push(sha256(bytes.subarray(at, at + contentHashBlock)));
  return contentHashOfBlocks(blocks);
}

/** Hashes that manifests of bags use (RFC 8493, section 2.4). */
const bagAlgorithms = ['sha512', 'sha256', 'sha1', 'md5'] as const;
export type BagAlgorithm = (typeof bagAlgorithms)[number];

export function isBagAlgorithm(name: string): name is BagAlgorithm {
  return (bagAlgorithms as readonly string[]).includes(name);
}

/** Several hashes of the same bytes in one pass. */
export function createBagHasher(algorithms: readonly BagAlgorithm[]) {
  const hashes = algorithms.map((algorithm) => [algorithm, createHash(algorithm)] as const);
  return {
    update(bytes: Uint8Array): void {
      for (const [, each] of hashes) each.update(bytes);
    },
    digest: (): ReadonlyMap<BagAlgorithm, string> =>
      new Map(hashes.map(([algorithm, each]) => [algorithm, each.digest('hex')])),
  };
}
