import type { ByteSource } from '../drive/source.ts';
import { Damaged } from './binary.ts';
import { openForward } from './forward.ts';

/** Parts of a source in any order; those that lie near each other cost one read. */
export interface Window {
  readonly size: number;
  /** @throws Damaged where the source has fewer. */
  bytes(start: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const blockBytes = 65_536;
/** No part of a real file that is held in memory is larger. */
export const mostAtOnce = 4 * 1024 * 1024;

export function openWindow(source: ByteSource): Window {
  const { size } = source;
  const forward = openForward(source);
  let block: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };

  const load = async (start: number, end: number): Promise<Uint8Array> => {
    const into = new Uint8Array(end - start);
    let filled = 0;
    if (source.readInto)
      while (filled < into.length) {
        const read = await source.readInto(start + filled, into.subarray(filled));
        if (read === 0) break;
        filled += read;
      }
    else
      for await (const piece of forward.range(start, end)) {
        into.set(piece, filled);
        filled += piece.length;
      }
    if (filled < into.length) throw new Damaged();
    return into;
  };

  return {
    size,
    async bytes(start, length) {
      if (length > mostAtOnce || start < 0 || start + length > size) throw new Damaged();
      const isHeld = start >= block.start && start + length <= block.start + block.bytes.length;
      if (!isHeld) block = { start, bytes: await load(start, Math.min(size, start + Math.max(length, blockBytes))) };
      return block.bytes.subarray(start - block.start, start - block.start + length);
    },
    close: () => forward.close(),
  };
}

/** A part of a window, counted from its own beginning. */
export function within(window: Window, start: number, end: number): Pick<Window, 'size' | 'bytes'> {
  if (end < start || end > window.size) throw new Damaged();
  return {
    size: end - start,
    bytes: async (from, length) => {
      if (from + length > end - start) throw new Damaged();
      return window.bytes(start + from, length);
    },
  };
}
