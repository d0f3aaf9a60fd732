import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../shared/core/bytes.ts';
import {
  contentHashBlock,
  contentHashOf,
  contentHashOfBlocks,
  createContentHasher,
} from '../../../shared/core/hashing.ts';
import { openSource } from '../../../shared/upload/sourceReader.ts';
import { createContentHasher as createOracle } from '../../emulators/dropbox/contentHash.ts';
import { patternBytes, patternSource } from '../../support/uploads.ts';

const B = contentHashBlock;

/** Contents of n times the letter A, from rclone's own tests of this hash (backend/dropbox/dbhash). */
const vectors: readonly (readonly [number, string])[] = [
  [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [1, '1cd6ef71e6e0ff46ad2609d403dc3fee244417089aa4461245a4e4fe23a55e42'],
  [B - 1, '647c8627d70f7a7d13ce96b1e7710a771a55d41a62c3da490d92e56044d311fa'],
  [B, 'd4d63bac5b866c71620185392a8a6218ac1092454a2d16f820363b69852befa3'],
  [B + 1, '8f553da8d00d0bf509d8470e242888be33019c20c0544811f5b2b89e98360b92'],
  [2 * B, 'e08b3ba1f538804075c5f939accdeaa9efc7b5c01865c94a41e78ca6550a88e7'],
  [2 * B + 1, '02c8a4aefc2bfc9036f89a7098001865885938ca580e5c9e5db672385edd303c'],
];

describe('content hash', () => {
  test.each(vectors)('of %i times A', (length, expected) => {
    expect(contentHashOf(new Uint8Array(length).fill(65))).toBe(expected);
  });

  test('of the picture in the documentation of Dropbox, from its three block digests', () => {
    const blocks = [
      '2a846fa617c3361fc117e1c5c1e1838c336b6a5cef982c1a2d9bdf68f2f1992a',
      'c68469027410ea393eba6551b9fa1e26db775f00eae70a0c3c129a0011a39cf9',
      '7376192de020925ce6c5ef5a8a0405e931b0a9a8c75517aacd9ca24a8a56818b',
    ].map(fromHex);
    expect(contentHashOfBlocks(blocks)).toBe('485291fa0ee50c016982abbfa943957bcd231aae0492ccbaa22c58e3997b35e0');
  });

  // The emulator's hash was written apart from ours.
  test.each([2, 4096, 2 * B - 1, 3 * B - 1, 3 * B, 3 * B + 1])(
    'of %i random bytes, fed in odd pieces, as the emulator computes it',
    (length) => {
      const bytes = patternBytes(0, length, length);
      const [ours, oracle] = [createContentHasher(), createOracle()];
      for (let at = 0, step = 1; at < length; at += step, step = step * 7 + 3)
        ours.update(bytes.subarray(at, at + step));
      oracle.update(bytes);
      expect(ours.digest().dropboxContentHash).toBe(oracle.end().hash);
    },
  );

  test('one pass over a file gives the hash of each chunk as well', async () => {
    const size = 3 * B + 77;
    const reader = openSource(patternSource(size));
    for (let start = 0; start < size; start += 2 * B) {
      const bytes = new Uint8Array(Math.min(2 * B, size - start));
      await reader.next(bytes.length, bytes);
      expect(reader.contentHash(start, bytes)).toBe(contentHashOf(bytes));
    }
    await reader.finish(`pattern:${size}:1`);
  });
});
