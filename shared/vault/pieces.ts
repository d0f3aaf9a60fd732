import { DossierError, type ErrorCode } from '../core/errors.ts';
import type { ByteSource } from '../drive/source.ts';

type Readable = Pick<ByteSource, 'size' | 'open' | 'readInto'>;

/** Pieces that are read at a time where the place can fill a buffer. */
const atOnce = 16;

/**
 * Bytes `start` to `end` in pieces of `length`, the last one shorter; nothing at all is one empty piece. Every piece is
 * the same memory, used anew for the next, so that a large file needs no more than a small one. Fails with `otherwise`
 * when there is less, or when the content goes on behind what should be its end.
 */
export async function* piecesOf(
  content: Readable,
  range: { readonly start: number; readonly end: number },
  length: number,
  otherwise: ErrorCode,
): AsyncIterable<Uint8Array> {
  const { start, end } = range;
  if (start === end) yield new Uint8Array();
  else if (content.readInto) yield* filled(content as Required<Readable>, start, end, length, otherwise);
  else
    yield* regrouped(content.open(end === content.size ? { start } : { start, end }), end - start, length, otherwise);
}

async function* filled(
  content: Required<Readable>,
  start: number,
  end: number,
  length: number,
  otherwise: ErrorCode,
): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(atOnce * length, end - start));
  for (let at = start; at < end; at += buffer.length) {
    const wanted = buffer.subarray(0, Math.min(buffer.length, end - at));
    if ((await content.readInto(at, wanted)) < wanted.length) throw shorter(otherwise);
    if (at + wanted.length === content.size && (await content.readInto(content.size, new Uint8Array(1))) > 0)
      throw longer(otherwise);
    for (let from = 0; from < wanted.length; from += length) yield wanted.subarray(from, from + length);
  }
}

async function* regrouped(
  stream: AsyncIterable<Uint8Array>,
  total: number,
  length: number,
  otherwise: ErrorCode,
): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(length, total));
  let inBuffer = 0;
  let left = total;
  for await (const part of stream) {
    if (part.length > left) throw longer(otherwise);
    left -= part.length;
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + buffer.length - inBuffer);
      buffer.set(taken, inBuffer);
      inBuffer += taken.length;
      at += taken.length;
      if (inBuffer < buffer.length) continue;
      yield buffer;
      inBuffer = 0;
    }
  }
  if (left > 0) throw shorter(otherwise);
  if (inBuffer > 0) yield buffer.subarray(0, inBuffer);
}

function shorter(code: ErrorCode): DossierError {
  return new DossierError(code, 'The content is shorter than it was');
}

function longer(code: ErrorCode): DossierError {
  return new DossierError(code, 'The content is longer than it was');
}
