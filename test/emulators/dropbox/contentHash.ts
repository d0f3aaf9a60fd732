import { createHash, type Hash } from 'node:crypto';

/** Dropbox hashes blocks of this size one by one, and then the digests of the blocks. */
export const hashBlockBytes = 4 * 1024 * 1024;

export interface ContentHasher {
  update(bytes: Uint8Array): void;
  /** Ends the hashing. `blocks` are the digests of the single blocks, the last one possibly of a short block. */
  end(): { readonly hash: string; readonly blocks: readonly Buffer[] };
}

export function createContentHasher(): ContentHasher {
  const blocks: Buffer[] = [];
  let block: Hash | undefined;
  let room = hashBlockBytes;
  const closeBlock = (): void => {
    if (block) blocks.push(block.digest());
    block = undefined;
    room = hashBlockBytes;
  };
  return {
    update(bytes) {
      for (let start = 0; start < bytes.length; ) {
        const end = Math.min(bytes.length, start + room);
        block ??= createHash('sha256');
        block.update(bytes.subarray(start, end));
        room -= end - start;
        start = end;
        if (room === 0) closeBlock();
      }
    },
    end() {
      closeBlock();
      return { hash: hashOfBlocks(blocks), blocks };
    },
  };
}

export function hashOfBlocks(blocks: Iterable<Uint8Array>): string {
  const whole = createHash('sha256');
  for (const digest of blocks) whole.update(digest);
  return whole.digest('hex');
}
