import type { ByteSource } from '../../shared/index.ts';

/**
 * A source for those who read it piece after piece, mostly forwards: n8n's store can be read from its beginning only,
 * so each piece goes on where the one before ended. One reader at a time, who closes it.
 */
export function inOrder(source: ByteSource): ByteSource & { close(): Promise<void> } {
  let pieces: AsyncIterator<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array();
  /** Of the first byte of `rest`. */
  let at = 0;
  const restart = async (start: number): Promise<void> => {
    await pieces?.return?.();
    pieces = source.open({ start })[Symbol.asyncIterator]();
    rest = new Uint8Array();
    at = start;
  };
  const take = (size: number): Uint8Array => {
    const taken = rest.subarray(0, size);
    rest = rest.subarray(taken.length);
    at += taken.length;
    return taken;
  };
  return {
    size: source.size,
    fingerprint: () => source.fingerprint(),
    async close() {
      await pieces?.return?.();
    },
    async *open({ start = 0, end = source.size } = {}) {
      if (pieces === undefined || start < at) await restart(start);
      while (at < end) {
        if (rest.length === 0) {
          const next = await pieces!.next();
          if (next.done) break;
          rest = next.value;
        }
        const piece = take(at < start ? start - at : end - at);
        if (at > start) yield piece;
      }
    },
  };
}
