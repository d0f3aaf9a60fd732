import type { ByteSource } from '../drive/source.ts';
import { Damaged } from './binary.ts';
import { openForward } from './forward.ts';
import type { Holder } from './holder.ts';

/** A stretch of the result: taken from the original, written anew, or zeros. */
type Stretch = { readonly length: number } & (
  | { readonly from: number }
  | { readonly bytes: Uint8Array }
  | { readonly zeros: true }
);

const zeroBytes = 65_536;

/** A source without the parts that hold something, read as it is asked for. @throws Damaged where they overlap. */
export function spliced(
  source: ByteSource,
  holders: readonly Pick<Holder, 'start' | 'end' | 'instead' | 'blank'>[],
): ByteSource {
  const stretches: Stretch[] = [];
  const add = (stretch: Stretch) => void (stretch.length > 0 && stretches.push(stretch));
  let at = 0;
  for (const { start, end, instead = new Uint8Array(), blank } of holders) {
    if (start < at || end < start || end > source.size || (blank && instead.length > end - start)) throw new Damaged();
    add({ from: at, length: start - at });
    add({ bytes: instead, length: instead.length });
    if (blank) add({ zeros: true, length: end - start - instead.length });
    at = end;
  }
  add({ from: at, length: source.size - at });
  const size = stretches.reduce((sum, { length }) => sum + length, 0);
  return {
    size,
    fingerprint: () => source.fingerprint(),
    open: ({ start = 0, end = size } = {}) => read(source, stretches, start, Math.min(end, size)),
  };
}

async function* read(
  source: ByteSource,
  stretches: readonly Stretch[],
  start: number,
  end: number,
): AsyncIterable<Uint8Array> {
  const forward = openForward(source);
  let at = 0;
  try {
    for (const stretch of stretches) {
      const from = Math.max(0, start - at);
      const to = Math.min(stretch.length, end - at);
      at += stretch.length;
      if (to > from) yield* piecesOf(forward, stretch, from, to);
      if (at >= end) return;
    }
  } finally {
    await forward.close();
  }
}

async function* piecesOf(
  forward: ReturnType<typeof openForward>,
  stretch: Stretch,
  from: number,
  to: number,
): AsyncIterable<Uint8Array> {
  if ('bytes' in stretch) yield stretch.bytes.subarray(from, to);
  else if ('from' in stretch) yield* forward.range(stretch.from + from, stretch.from + to);
  else for (let left = to - from; left > 0; left -= zeroBytes) yield new Uint8Array(Math.min(zeroBytes, left));
}
