import { DossierError } from '../core/errors.ts';
import { contentHashBlock, contentHashOf, contentHashOfBlocks, createContentHasher, type Digests } from '../core/hashing.ts';
import type { ByteSource } from '../drive/source.ts';

/** Reads a source once, from its first byte to its last, and hashes it on the way. */
export interface SourceReader {
  /** Fills `into` with the next bytes. Without `into` they are only hashed. */
  next(size: number, into?: Uint8Array): Promise<void>;
  /** The Dropbox content hash of bytes that have gone by, without hashing them again where they are whole blocks. */
  contentHash(start: number, bytes: Uint8Array): string;
  /** To be called after the last byte: `source-changed` when there is more, or when the fingerprint is not `expected`. */
  finish(expected: string): Promise<Digests>;
  close(): Promise<void>;
}

export function openSource(source: ByteSource): SourceReader {
  const parts = source.open()[Symbol.asyncIterator]();
  const hasher = createContentHasher();
  let rest = new Uint8Array();
  let digests: Digests | undefined;

  const more = async (): Promise<Uint8Array | undefined> => {
    while (rest.length === 0) {
      const step = await parts.next();
      if (step.done) return undefined;
      rest = step.value as Uint8Array<ArrayBuffer>;
    }
    return rest;
  };

  return {
    async next(size, into) {
      for (let filled = 0; filled < size; ) {
        const available = await more();
        if (available === undefined) throw changed('it became shorter');
        const part = available.subarray(0, size - filled);
        hasher.update(part);
        into?.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      if (hasher.size === source.size) digests = hasher.digest();
    },
    contentHash(start, bytes) {
      if (start % contentHashBlock !== 0) return contentHashOf(bytes);
      const blocks = hasher.blocks.slice(start / contentHashBlock, Math.ceil((start + bytes.length) / contentHashBlock));
      const isWhole = start + bytes.length === source.size || bytes.length % contentHashBlock === 0;
      return isWhole ? contentHashOfBlocks(blocks) : contentHashOf(bytes);
    },
    async finish(expected) {
      if (source.size === 0) digests ??= hasher.digest();
      if (digests === undefined || (await more()) !== undefined) throw changed('it became longer');
      await demandFingerprint(source, expected);
      return digests;
    },
    async close() {
      await parts.return?.();
    },
  };
}

export async function demandFingerprint(source: ByteSource, expected: string): Promise<void> {
  if ((await source.fingerprint()) !== expected) throw changed();
}

function changed(how?: string): DossierError {
  return how === undefined ? new DossierError('source-changed') : new DossierError('source-changed', `The file changed while it was read: ${how}. Attach it again`);
}
