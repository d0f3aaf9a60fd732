import { createContentHasher } from './contentHash.ts';
import type { Contents } from './contents.ts';

/** A request body that can be read in pieces of known length, without ever holding it whole. */
export interface BodyReader {
  /** Yields at most `bytes` bytes. */
  take(bytes: number): AsyncGenerator<Uint8Array, void>;
  isEmpty(): Promise<boolean>;
  /** Reads and forgets what is left, and says whether there was anything. */
  hasMore(): Promise<boolean>;
}

export function createBodyReader(body: AsyncIterable<Uint8Array>, seen: (bytes: Uint8Array) => void): BodyReader {
  const source = body[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined;
  const next = async (): Promise<Uint8Array | undefined> => {
    while (!rest?.length) {
      const step = await source.next();
      if (step.done) return undefined;
      seen(step.value);
      rest = step.value;
    }
    return rest;
  };
  return {
    async *take(bytes) {
      for (let left = bytes; left > 0; ) {
        const piece = await next();
        if (!piece) return;
        const part = piece.subarray(0, left);
        rest = piece.subarray(part.length);
        left -= part.length;
        yield part;
      }
    },
    isEmpty: async () => (await next()) === undefined,
    async hasMore() {
      let any = false;
      while (await next()) {
        any = true;
        rest = undefined;
      }
      return any;
    },
  };
}

export interface Received {
  readonly bytes: number;
  readonly hash: string;
  readonly blocks: readonly Buffer[];
  /** Why the body broke off, where it did. */
  readonly broken?: unknown;
  readonly tooLarge: boolean;
}

/** Writes a body into a content from `position` on, hashing on the way. */
export async function receive(
  contents: Contents,
  content: string,
  position: number,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Received> {
  const hasher = createContentHasher();
  const file = await contents.open(content);
  let bytes = 0;
  let tooLarge = false;
  let broken: unknown;
  try {
    for await (const piece of body) {
      signal?.throwIfAborted();
      if (bytes + piece.length > maxBytes) {
        tooLarge = true;
        break;
      }
      hasher.update(piece);
      await file.write(piece, 0, piece.length, position + bytes);
      bytes += piece.length;
    }
  } catch (error) {
    broken = error;
  } finally {
    await file.close();
  }
  return { bytes, ...hasher.end(), tooLarge, ...(broken === undefined ? {} : { broken }) };
}
