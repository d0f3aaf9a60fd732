import { createHash } from 'node:crypto';
import { DossierError } from '../../core/errors.ts';
import { createContentHasher, type Digests } from '../../core/hashing.ts';
import type { ByteSource } from '../../drive/source.ts';

/** What a bag records of a content, and by what a ledger knows it. Lower-case hexadecimal. */
export interface BagDigests extends Digests {
  readonly sha512: string;
}

export function bagDigestsOf(bytes: Uint8Array): BagDigests {
  const hasher = createBagDigests();
  hasher.update(bytes);
  return hasher.digest();
}

function createBagDigests() {
  const content = createContentHasher();
  const sha512 = createHash('sha512');
  return {
    update(bytes: Uint8Array): void {
      content.update(bytes);
      sha512.update(bytes);
    },
    digest: (): BagDigests => ({ ...content.digest(), sha512: sha512.digest('hex') }),
  };
}

export interface Heard {
  /** The same source; whoever reads it from its beginning to its end is listened to. */
  readonly body: ByteSource;
  /** Of the last whole reading. @throws TypeError where nobody has read all of it */
  digests(): BagDigests;
}

/** Hashes a content while somebody else reads it, so that it is read only once. */
export function hear(source: ByteSource): Heard {
  // Nothing is read of what is empty.
  let last: BagDigests | undefined = source.size === 0 ? bagDigestsOf(new Uint8Array()) : undefined;
  async function* listen(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const hasher = createBagDigests();
    let at = 0;
    for await (const piece of pieces) {
      at += piece.length;
      if (at > source.size) throw new DossierError('source-changed');
      hasher.update(piece);
      if (at === source.size && piece.length > 0) last = hasher.digest();
      yield piece;
      if (at === source.size) return;
    }
  }
  return {
    body: {
      size: source.size,
      // A piece of it says nothing of the whole.
      open: (range = {}) =>
        (range.start ?? 0) > 0 || (range.end ?? source.size) < source.size
          ? source.open(range)
          : listen(source.open(range)),
      fingerprint: () => source.fingerprint(),
    },
    digests() {
      if (!last) throw new TypeError('A file of the bag was not read to its end');
      return last;
    },
  };
}
