import { readBytes } from '../core/bytes.ts';
import type { ByteSource } from './source.ts';

const windowSize = 16 * 1024 * 1024;
const windowsKept = 2;

/**
 * A source that is read here and there, for places that can only be read from their beginning: what lies near was read
 * already. Holds two windows of 16 MiB.
 */
export function inWindows(source: ByteSource): ByteSource {
  const windows = new Map<number, Promise<Uint8Array>>();
  const windowAt = (index: number): Promise<Uint8Array> => {
    const start = index * windowSize;
    const end = Math.min(source.size, start + windowSize);
    const loaded = windows.get(index) ?? readBytes(source.open({ start, end }), windowSize);
    windows.delete(index);
    windows.set(index, loaded);
    loaded.catch(() => windows.delete(index));
    for (const old of [...windows.keys()].slice(0, -windowsKept)) windows.delete(old);
    return loaded;
  };
  return {
    size: source.size,
    fingerprint: source.fingerprint.bind(source),
    async *open({ start = 0, end = source.size } = {}) {
      // What is long is better read once, in order.
      if (end - start > windowSize) return yield* source.open({ start, end });
      for (let at = start; at < end; ) {
        const index = Math.floor(at / windowSize);
        const window = await windowAt(index);
        const piece = window.subarray(at - index * windowSize, end - index * windowSize);
        if (piece.length === 0) return;
        at += piece.length;
        yield piece;
      }
    },
  };
}
