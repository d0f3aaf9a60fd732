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

/** Bytes that come in order, wherever they come from. */
interface Bytes {
  /** The next bytes, in pieces; `into` is filled with them where it is given. */
  next(size: number, into: Uint8Array | undefined): AsyncIterable<Uint8Array>;
  isAtEnd(): Promise<boolean>;
  close(): Promise<void>;
}

export function openSource(source: ByteSource): SourceReader {
  const bytes = source.readInto ? direct(source.size, source.readInto.bind(source)) : streamed(source);
  const hasher = createContentHasher();
  let digests: Digests | undefined;

  return {
    async next(size, into) {
      const before = hasher.size;
      for await (const part of bytes.next(size, into)) hasher.update(part);
      if (hasher.size < before + size) throw changed('it became shorter');
      if (hasher.size === source.size) digests = hasher.digest();
    },
    contentHash(start, content) {
      if (start % contentHashBlock !== 0) return contentHashOf(content);
      const blocks = hasher.blocks.slice(start / contentHashBlock, Math.ceil((start + content.length) / contentHashBlock));
      const isWhole = start + content.length === source.size || content.length % contentHashBlock === 0;
      return isWhole ? contentHashOfBlocks(blocks) : contentHashOf(content);
    },
    async finish(expected) {
      if (source.size === 0) digests ??= hasher.digest();
      if (digests === undefined || !(await bytes.isAtEnd())) throw changed('it became longer');
      await demandFingerprint(source, expected);
      return digests;
    },
    close: () => bytes.close(),
  };
}

function streamed(source: ByteSource): Bytes {
  const parts = source.open()[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  const more = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const step = await parts.next();
      if (step.done) return false;
      rest = step.value;
    }
    return true;
  };
  return {
    async *next(size, into) {
      for (let filled = 0; filled < size && (await more()); ) {
        const part = rest.subarray(0, size - filled);
        into?.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
        yield part;
      }
    },
    isAtEnd: async () => !(await more()),
    async close() {
      await parts.return?.();
    },
  };
}

// Small enough that hashing a piece does not hold up the connections.
const step = 1024 * 1024;

function direct(size: number, readInto: NonNullable<ByteSource['readInto']>): Bytes {
  let at = 0;
  let scratch: Uint8Array | undefined;
  return {
    async *next(wanted, into) {
      for (let filled = 0; filled < wanted; ) {
        const length = Math.min(step, wanted - filled);
        const target = into?.subarray(filled, filled + length) ?? (scratch ??= new Uint8Array(step)).subarray(0, length);
        const read = await readInto(at, target);
        if (read === 0) return;
        at += read;
        filled += read;
        yield target.subarray(0, read);
      }
    },
    isAtEnd: async () => (await readInto(size, new Uint8Array(1))) === 0,
    close: async () => undefined,
  };
}

export async function demandFingerprint(source: ByteSource, expected: string): Promise<void> {
  if ((await source.fingerprint()) !== expected) throw changed();
}

function changed(how?: string): DossierError {
  return how === undefined ? new DossierError('source-changed') : new DossierError('source-changed', `The file changed while it was read: ${how}. Attach it again`);
}
