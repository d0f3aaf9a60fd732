import { DossierError, type ErrorCode } from '../core/errors.ts';
import type { ByteSource } from '../drive/source.ts';
import { aead, tagLength } from './aead.ts';

/** Payload of the age format: chunks of 64 KiB, each sealed under a counter, the last one marked. https://age-encryption.org/v1 */
const chunkSize = 64 * 1024;
const sealedChunkSize = chunkSize + tagLength;

type Range = { readonly start?: number; readonly end?: number };

/** Bytes of the payload for so many bytes of content; empty content has one empty chunk. */
export function sealedSize(size: number): number {
  return size + tagLength * chunksOf(size);
}

/** The content's size from the payload's; `state-corrupt` for a size that no content has. */
export function openedSize(size: number): number {
  const chunks = Math.ceil(size / sealedChunkSize);
  const opened = size - chunks * tagLength;
  if (chunks === 0 || opened < 0 || sealedSize(opened) !== size) throw new DossierError('state-corrupt', 'An encrypted object has been cut off');
  return opened;
}

/** Payload bytes of a content, from anywhere: the same content and key always give the same bytes, so an upload of them can be resumed. */
export async function* sealRange(content: Pick<ByteSource, 'size' | 'open'>, key: Uint8Array, range: Range = {}): AsyncIterable<Uint8Array> {
  const last = chunksOf(content.size) - 1;
  const { start = 0, end = sealedSize(content.size) } = range;
  if (start >= end) return;
  let index = Math.floor(start / sealedChunkSize);
  for await (const chunk of chunked(content.open({ start: index * chunkSize }), chunkSize, content.size - index * chunkSize, 'source-changed')) {
    const sealed = aead.seal(key, nonceOf(index, index === last), chunk);
    const at = index * sealedChunkSize;
    yield sealed.subarray(Math.max(0, start - at), end - at);
    index++;
    if (index * sealedChunkSize >= end) return;
  }
}

/** Content bytes of a payload, from anywhere, each chunk proved before it is given out. */
export async function* openRange(payload: Pick<ByteSource, 'size' | 'open'>, key: Uint8Array, range: Range = {}): AsyncIterable<Uint8Array> {
  const size = openedSize(payload.size);
  const last = chunksOf(size) - 1;
  const { start = 0, end = size } = range;
  let index = Math.min(last, Math.floor(start / chunkSize));
  const sealedEnd = Math.min(payload.size, Math.ceil(end / chunkSize) * sealedChunkSize || sealedChunkSize);
  const sealed = payload.open({ start: index * sealedChunkSize, end: sealedEnd });
  for await (const chunk of chunked(sealed, sealedChunkSize, sealedEnd - index * sealedChunkSize, 'state-corrupt')) {
    const opened = aead.open(key, nonceOf(index, index === last), chunk);
    const at = index * chunkSize;
    const piece = opened.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (piece.length > 0) yield piece;
    index++;
    if (index * chunkSize >= end) return;
  }
}

function chunksOf(size: number): number {
  return Math.max(1, Math.ceil(size / chunkSize));
}

function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  // 11 bytes of counter, big-endian; a safe integer fills seven of them.
  for (let byte = 10, rest = index; rest > 0; byte--, rest = Math.floor(rest / 256)) nonce[byte] = rest % 256;
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Regroups a stream of `total` bytes into pieces, all of `length` but the last; an empty stream is one empty piece. Fails when there is less, or more. */
async function* chunked(stream: AsyncIterable<Uint8Array>, length: number, total: number, otherwise: ErrorCode): AsyncIterable<Uint8Array> {
  let piece = new Uint8Array(Math.min(length, total));
  let filled = 0;
  let left = total;
  for await (const part of stream) {
    if (part.length > left) throw new DossierError(otherwise, 'The content is longer than it was');
    left -= part.length;
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + piece.length - filled);
      piece.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < piece.length) continue;
      yield piece;
      // What is still to be cut out: the rest of this part and what has not come yet.
      piece = new Uint8Array(Math.min(length, part.length - at + left));
      filled = 0;
    }
  }
  if (left > 0) throw new DossierError(otherwise, 'The content is shorter than it was');
  if (total === 0) yield piece;
}
