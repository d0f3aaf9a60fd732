import { DossierError } from '../core/errors.ts';
import {
  contentHashBlock,
  contentHashOf,
  contentHashOfBlocks,
  createContentHasher,
  type Digests,
} from '../core/hashing.ts';
import { type Sentence, say } from '../core/sentence.ts';
import type { ByteSource } from '../drive/source.ts';
import { openBytes } from '../drive/sourceBytes.ts';

/** Reads a source once, from its first byte to its last, and hashes it on the way. */
export interface SourceReader {
  /** Fills `into` with the next bytes. Without `into` they are only hashed. */
  next(size: number, into?: Uint8Array): Promise<void>;
  /** The Dropbox content hash of bytes that have gone by, without hashing them again where they are whole blocks. */
  contentHash(start: number, bytes: Uint8Array): string;
  /**
   * To be called after the last byte: `source-changed` when there is more, or when the fingerprint is not `expected`.
   */
  finish(expected: string): Promise<Digests>;
  close(): Promise<void>;
}

// Small enough that hashing a piece does not hold up the connections.
const step = 1024 * 1024;

export function openSource(source: ByteSource): SourceReader {
  const bytes = openBytes(source, step);
  const hasher = createContentHasher();
  let digests: Digests | undefined;

  return {
    async next(size, into) {
      const before = hasher.size;
      for await (const part of bytes.next(size, into)) hasher.update(part);
      if (hasher.size < before + size) throw changed(say`it became shorter`);
      if (hasher.size === source.size) digests = hasher.digest();
    },
    contentHash(start, content) {
      if (start % contentHashBlock !== 0) return contentHashOf(content);
      const blocks = hasher.blocks.slice(
        start / contentHashBlock,
        Math.ceil((start + content.length) / contentHashBlock),
      );
      const isWhole = start + content.length === source.size || content.length % contentHashBlock === 0;
      return isWhole ? contentHashOfBlocks(blocks) : contentHashOf(content);
    },
    async finish(expected) {
      if (source.size === 0) digests ??= hasher.digest();
      if (digests === undefined || !(await bytes.isAtEnd())) throw changed(say`it became longer`);
      await demandFingerprint(source, expected);
      return digests;
    },
    close: () => bytes.close(),
  };
}

export async function demandFingerprint(source: ByteSource, expected: string): Promise<void> {
  if ((await source.fingerprint()) !== expected) throw changed();
}

function changed(how?: Sentence): DossierError {
  return how === undefined
    ? new DossierError('source-changed')
    : new DossierError('source-changed', say`The file changed while it was read: ${how}. Attach it again`, {
        advice: null,
      });
}
