import type { ByteSource } from '../drive/source.ts';

/** A gap that is read and dropped, because opening the source anew could cost more. */
const nearBytes = 1024 * 1024;
/** Some sources have to be read from the beginning for each range: then all gaps are read. */
const mostOpenings = 64;

/** Ranges of a source in rising order, from few openings of it. */
export interface Forward {
  range(start: number, end: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export function openForward(source: ByteSource): Forward {
  let stream: AsyncIterator<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array();
  let at = 0;
  let openings = 0;

  const close = async (): Promise<void> => {
    await stream?.return?.();
    stream = undefined;
  };
  const seek = async (start: number): Promise<void> => {
    const canReadOn = stream !== undefined && start >= at;
    if (canReadOn && (start - at <= nearBytes || openings >= mostOpenings)) return;
    await close();
    openings++;
    stream = source.open({ start })[Symbol.asyncIterator]();
    rest = new Uint8Array();
    at = start;
  };

  return {
    close,
    async *range(start, end) {
      await seek(start);
      while (at < end) {
        if (rest.length === 0) {
          const step = await stream!.next();
          if (step.done) return;
          rest = step.value;
          continue;
        }
        const skipped = Math.min(rest.length, Math.max(0, start - at));
        const piece = rest.subarray(skipped, skipped + Math.max(0, end - at - skipped));
        rest = rest.subarray(skipped + piece.length);
        at += skipped + piece.length;
        if (piece.length > 0) yield piece;
      }
    },
  };
}
