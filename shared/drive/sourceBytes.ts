import type { ByteSource } from './source.ts';

/** The bytes of a source, once and in order, wherever they come from. */
export interface SourceBytes {
  /** The next bytes, in pieces, fewer where the source ends; `into` is filled with them where it is given. */
  next(size: number, into?: Uint8Array): AsyncIterable<Uint8Array>;
  isAtEnd(): Promise<boolean>;
  close(): Promise<void>;
}

/** `longest`: bytes of a piece, where a source lets us say. */
export function openBytes(source: ByteSource, longest: number): SourceBytes {
  return source.readInto ? direct(source.size, source.readInto.bind(source), longest) : streamed(source);
}

function streamed(source: ByteSource): SourceBytes {
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

function direct(size: number, readInto: NonNullable<ByteSource['readInto']>, longest: number): SourceBytes {
  let at = 0;
  let scratch: Uint8Array | undefined;
  return {
    async *next(wanted, into) {
      for (let filled = 0; filled < wanted; ) {
        const length = Math.min(longest, wanted - filled);
        const target =
          into?.subarray(filled, filled + length) ?? (scratch ??= new Uint8Array(longest)).subarray(0, length);
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
