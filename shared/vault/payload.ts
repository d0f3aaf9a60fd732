import { DossierError } from '../core/errors.ts';
import type { ByteSource } from '../drive/source.ts';
import { aead, tagLength } from './aead.ts';
import { piecesOf } from './pieces.ts';

/**
 * Payload of the age format: chunks of 64 KiB, each sealed under a counter, the last one marked.
 * https://age-encryption.org/v1
 */
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
  if (chunks === 0 || opened < 0 || sealedSize(opened) !== size)
    throw new DossierError('state-corrupt', 'An encrypted object has been cut off');
  return opened;
}

/**
 * Payload bytes of a content, from anywhere: the same content and key always give the same bytes, so an upload of them
 * can be resumed.
 */
export async function* sealRange(
  content: Pick<ByteSource, 'size' | 'open' | 'readInto'>,
  key: Uint8Array,
  range: Range = {},
): AsyncIterable<Uint8Array> {
  const last = chunksOf(content.size) - 1;
  const { start = 0, end = sealedSize(content.size) } = range;
  if (start >= end) return;
  let index = Math.floor(start / sealedChunkSize);
  for await (const chunk of piecesOf(
    content,
    { start: index * chunkSize, end: content.size },
    chunkSize,
    'source-changed',
  )) {
    let at = index * sealedChunkSize;
    for (const part of aead.seal(key, nonceOf(index, index === last), chunk)) {
      const wanted = part.subarray(Math.max(0, start - at), Math.max(0, end - at));
      if (wanted.length > 0) yield wanted;
      at += part.length;
    }
    index++;
    if (index * sealedChunkSize >= end) return;
  }
}

/** Content bytes of a payload, from anywhere, each chunk proved before it is given out. */
export async function* openRange(
  payload: Pick<ByteSource, 'size' | 'open' | 'readInto'>,
  key: Uint8Array,
  range: Range = {},
): AsyncIterable<Uint8Array> {
  const size = openedSize(payload.size);
  const last = chunksOf(size) - 1;
  const { start = 0, end = size } = range;
  let index = Math.min(last, Math.floor(start / chunkSize));
  const sealedEnd = Math.min(payload.size, Math.ceil(end / chunkSize) * sealedChunkSize || sealedChunkSize);
  for await (const chunk of piecesOf(
    payload,
    { start: index * sealedChunkSize, end: sealedEnd },
    sealedChunkSize,
    'state-corrupt',
  )) {
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
