import { describe, expect, test } from 'vitest';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { digestsOfSource } from '../../../shared/drive/hashSource.ts';
import { type ByteSource, bytesSource } from '../../../shared/drive/source.ts';
import { seededBytes } from '../../support/seeded.ts';

const block = 4 * 1024 * 1024;

/** In pieces that fit no block. */
function streamedSource(bytes: Uint8Array, size = bytes.length): ByteSource {
  return {
    ...bytesSource(bytes),
    size,
    async *open() {
      for (let at = 0; at < bytes.length; at += 999_983) yield bytes.subarray(at, at + 999_983);
    },
  };
}

function randomAccess(bytes: Uint8Array, size = bytes.length): ByteSource {
  const readInto = async (start: number, into: Uint8Array) => {
    const piece = bytes.subarray(start, start + into.length);
    into.set(piece);
    return piece.length;
  };
  return { ...bytesSource(bytes), size, readInto };
}

describe('both digests of a source in one reading', () => {
  test.each([0, 1, block - 1, block, block + 1, 3 * block, 5 * block + 77])(
    '%i bytes, streamed and read in place',
    async (size) => {
      const bytes = seededBytes(size, size);
      const expected = digestsOf(bytes);
      expect(await digestsOfSource(streamedSource(bytes))).toEqual(expected);
      expect(await digestsOfSource(randomAccess(bytes))).toEqual(expected);
    },
  );

  test.each([-1, 1])('a file that is %i byte off the size it had is source-changed', async (by) => {
    const bytes = seededBytes(block + 10, 'off');
    await expect(digestsOfSource(streamedSource(bytes, bytes.length + by))).rejects.toMatchObject({
      code: 'source-changed',
    });
    await expect(digestsOfSource(randomAccess(bytes, bytes.length + by))).rejects.toMatchObject({
      code: 'source-changed',
    });
  });

  test('stops when it is told to', async () => {
    await expect(digestsOfSource(randomAccess(seededBytes(10, 'x')), AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
