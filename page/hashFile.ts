import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../shared/core/bytes.ts';
import { contentHashBlock, contentHashOfBlocks, type Digests } from '../shared/core/hashing.ts';

/**
 * Both digests of a file of any size, read block by block; the file stays where it is. `onProgress` is told the share
 * that is done. Blocks are hashed by the browser itself where it can, beside the running hash.
 */
export async function hashFile(file: Blob, onProgress: (share: number) => void): Promise<Digests> {
  const whole = sha256.create();
  const blocks: Promise<Uint8Array>[] = [];
  for (let at = 0; at < file.size; at += contentHashBlock) {
    const block = new Uint8Array(await file.slice(at, at + contentHashBlock).arrayBuffer());
    blocks.push(hashBlock(block));
    whole.update(block);
    onProgress((at + block.length) / file.size);
  }
  return { sha256: toHex(whole.digest()), dropboxContentHash: contentHashOfBlocks(await Promise.all(blocks)) };
}

/** Only pages from a file or over https have the Web Crypto API. */
async function hashBlock(block: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  return subtle ? new Uint8Array(await subtle.digest('SHA-256', block)) : sha256(block);
}
