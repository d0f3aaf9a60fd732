import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UploadCapabilities } from '../../../shared/drive/capabilities.ts';
import { capabilities as dropbox } from '../../../shared/drives/dropbox/capabilities.ts';
import { chunkBytes, chunkCount, chunkRange, chunkSizeFor, planBatches } from '../../../shared/upload/chunks.ts';
import { patternBytes } from '../../support/uploads.ts';

const mebibyte = 1024 * 1024;
const tebibyte = 2 ** 40;

function rangesOf(size: number, chunkSize: number) {
  return Array.from({ length: chunkCount(size, chunkSize) }, (_, index) => chunkRange(size, chunkSize, index));
}

/** Every byte once, in order, all chunks but the last of full size. */
function demandWhole(size: number, chunkSize: number): void {
  const ranges = rangesOf(size, chunkSize);
  let at = 0;
  for (const [index, { start, end }] of ranges.entries()) {
    if (start !== at || end <= start || (index < ranges.length - 1 && end - start !== chunkSize))
      throw new Error(`chunk ${index} of ${size}/${chunkSize}`);
    at = end;
  }
  if (at !== size) throw new Error(`${at} of ${size} bytes with chunks of ${chunkSize}`);
}

describe('chunks', () => {
  test('10,000 random sizes and chunk sizes: every byte exactly once', () => {
    let pairs = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000 }), fc.integer({ min: 100, max: 300_000 }), (size, chunkSize) => {
        demandWhole(size, chunkSize);
        pairs += 1;
      }),
      { numRuns: 10_000, seed: 20_261_121 },
    );
    expect(pairs).toBe(10_000);
  });

  test.each([
    0,
    1,
    4999,
    5000,
    5001,
    10_000,
    10_001,
    10_002,
    10_003,
    150 * mebibyte - 1,
    150 * mebibyte,
    150 * mebibyte + 1,
  ])('the borders of %i bytes', (size) => {
    for (const chunkSize of [5000, 4 * mebibyte, 8 * mebibyte, 150 * mebibyte]) demandWhole(size, chunkSize);
  });

  test('what the chunks bring together is the content', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 1, max: 9_000 }), (size, chunkSize) => {
        const hash = createHash('sha256');
        for (const { start, end } of rangesOf(size, chunkSize)) hash.update(patternBytes(start, end - start));
        expect(hash.digest('hex')).toBe(createHash('sha256').update(patternBytes(0, size)).digest('hex'));
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test('acknowledged bytes are those of the chunks, the short one included', () => {
    expect(chunkBytes(10_001, 5000, [0, 2])).toBe(5001);
    expect(chunkBytes(10_001, 5000, [])).toBe(0);
  });
});

describe('chunk size', () => {
  test('any legal file of Dropbox fits into its limits', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (portion) => {
        const size = Math.floor(dropbox.upload.maxFileSize * portion ** 4);
        const chunkSize = chunkSizeFor(size, dropbox.upload);
        expect(chunkSize % dropbox.upload.chunkMultiple).toBe(0);
        expect(chunkSize).toBeLessThanOrEqual(dropbox.upload.maxAppend);
        expect(chunkCount(size, chunkSize)).toBeLessThanOrEqual(dropbox.upload.maxChunks);
      }),
      { numRuns: 10_000, seed: 3 },
    );
    expect(chunkSizeFor(200_000_000, dropbox.upload)).toBe(8 * mebibyte);
    expect(chunkSizeFor(2 * tebibyte - 4 * mebibyte, dropbox.upload)).toBeLessThanOrEqual(150 * mebibyte);
  });
});

describe('batches', () => {
  const upload: UploadCapabilities = { ...dropbox.upload };

  test('100 files of 20 KB take four requests', () => {
    expect(
      planBatches(
        Array.from({ length: 100 }, () => 20_000),
        upload,
      ).map(({ length }) => length),
    ).toEqual([26, 26, 26, 22]);
  });

  test('every file in one batch, in order, within the limits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 8 * mebibyte }), { maxLength: 300 }), (sizes) => {
        const batches = planBatches(sizes, upload);
        expect(batches.flat()).toEqual(sizes.map((_, position) => position));
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(upload.piecesPerAppend);
          const bytes = batch.reduce((sum, position) => sum + (sizes[position] as number), 0);
          expect(batch.length === 1 || bytes <= upload.chunkSize).toBe(true);
        }
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});
