import type { UploadCapabilities } from '../drive/capabilities.ts';

/** More chunks than this cost more than what smaller ones save on a slow line. */
const manyChunks = 24;

/**
 * Bytes of every chunk but the last: the drive's usual size, smaller where the line is slow (`suitable` bytes are what
 * it carries soon), larger only where a file would otherwise have too many chunks.
 */
export function chunkSizeFor(
  size: number,
  { chunkMin, chunkSize, chunkMultiple, maxChunks }: UploadCapabilities,
  suitable = Infinity,
): number {
  const usual = Math.min(chunkSize, Math.max(suitable, size / manyChunks));
  const wanted = Math.max(chunkMin, Math.ceil(usual), Math.ceil(size / maxChunks));
  return Math.ceil(wanted / chunkMultiple) * chunkMultiple;
}

/** A file of no bytes has no chunks. */
export function chunkCount(size: number, chunkSize: number): number {
  return Math.ceil(size / chunkSize);
}

export interface ChunkRange {
  /** First byte. */
  readonly start: number;
  /** The byte after the last one. */
  readonly end: number;
}

export function chunkRange(size: number, chunkSize: number, index: number): ChunkRange {
  return { start: index * chunkSize, end: Math.min(size, (index + 1) * chunkSize) };
}

/** Bytes of the chunks with these indexes. */
export function chunkBytes(size: number, chunkSize: number, indexes: Iterable<number>): number {
  let bytes = 0;
  for (const index of indexes) {
    const { start, end } = chunkRange(size, chunkSize, index);
    bytes += end - start;
  }
  return bytes;
}

// Below this, one more connection costs more than it carries.
const worthAConnection = 512 * 1024;

/**
 * Which small files travel together, by their positions: as few requests as the drive takes, but spread over its
 * connections once each of them has something to carry. None is larger than a chunk.
 */
export function planBatches(
  sizes: readonly number[],
  { piecesPerAppend, maxAppend, chunkSize, connections }: UploadCapabilities,
): number[][] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const maxBytes = Math.min(maxAppend, chunkSize, Math.max(worthAConnection, Math.ceil(total / connections)));
  const batches: number[][] = [];
  let bytes = Infinity;
  for (const [position, size] of sizes.entries()) {
    let batch = batches.at(-1);
    if (batch === undefined || batch.length >= piecesPerAppend || bytes + size > maxBytes) {
      batch = [];
      batches.push(batch);
      bytes = 0;
    }
    batch.push(position);
    bytes += size;
  }
  return batches;
}
