import type { SizedBody } from '../core/ports.ts';

/**
 * The bytes of one attachment, wherever they lie. Obligations:
 * - `open` gives exactly the bytes from `start` up to `end`, can be called any number of times, and fails with
 * `source-missing`
 *   when the original is gone, `source-changed` when it has become shorter;
 * - `fingerprint` is cheap (no reading of content) and differs after any ordinary change of the original;
 * - nothing here ever changes the original (promise P2).
 */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  open(range?: { readonly start?: number; readonly end?: number }): AsyncIterable<Uint8Array>;
  /**
   * Where the place can: fills `into` with the bytes from `start` on, and gives their number, which is smaller only at
   * the end. Spares large files a new piece of memory for each piece that is read.
   */
  readInto?(start: number, into: Uint8Array): Promise<number>;
  fingerprint(): Promise<string>;
}

/** A source over bytes in memory: descriptions, manifests, small tests. */
export function bytesSource(bytes: Uint8Array): ByteSource & SizedBody {
  return {
    size: bytes.length,
    async *open(range: { start?: number; end?: number } = {}) {
      const piece = bytes.subarray(range.start ?? 0, range.end ?? bytes.length);
      if (piece.length > 0) yield piece;
    },
    fingerprint: async () => `bytes:${bytes.length}`,
  };
}
