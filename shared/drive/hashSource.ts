import { createHash, webcrypto } from 'node:crypto';
import { DossierError, throwIfCancelled } from '../core/errors.ts';
import { contentHashBlock, contentHashOfBlocks, type Digests } from '../core/hashing.ts';
import type { ByteSource } from './source.ts';
import { openBytes } from './sourceBytes.ts';

/** Blocks that are read, hashed as a whole and hashed as a block at the same time. */
const buffers = 3;

/**
 * Both digests of a source, read once. The blocks of the content hash are hashed on the thread pool beside the SHA-256
 * of the whole, which has to go through all bytes in order, so that two hashes take little longer than one. Holds three
 * blocks. `source-changed` when the size is not as it was.
 */
export async function digestsOfSource(source: ByteSource, signal?: AbortSignal): Promise<Digests> {
  const whole = createHash('sha256');
  const count = Math.ceil(source.size / contentHashBlock);
  const blocks: Promise<Uint8Array>[] = [];
  const memory = Array.from(
    { length: Math.min(buffers, count) },
    () => new Uint8Array(Math.min(contentHashBlock, source.size)),
  );
  const bytes = openBytes(source, contentHashBlock);
  const load = async (index: number): Promise<Uint8Array> => {
    throwIfCancelled(signal);
    await blocks[index - buffers];
    const into = (memory[index % buffers] as Uint8Array).subarray(
      0,
      Math.min(contentHashBlock, source.size - index * contentHashBlock),
    );
    let filled = 0;
    for await (const part of bytes.next(into.length, into)) filled += part.length;
    if (filled < into.length) throw changed();
    return into;
  };
  try {
    for (let index = 0, next = count > 0 ? load(0) : undefined; next; index++) {
      const block = await next;
      const hashing = webcrypto.subtle
        .digest('SHA-256', block as Uint8Array<ArrayBuffer>)
        .then((digest) => new Uint8Array(digest));
      blocks.push(hashing);
      next = index + 1 < count ? load(index + 1) : undefined;
      // Awaited in order below; a failure in between must not go unheard.
      next?.catch(() => undefined);
      whole.update(block);
    }
    if (!(await bytes.isAtEnd())) throw changed();
    return { sha256: whole.digest('hex'), dropboxContentHash: contentHashOfBlocks(await Promise.all(blocks)) };
  } finally {
    await bytes.close();
  }
}

function changed(): DossierError {
  return new DossierError('source-changed', 'The file changed while it was read');
}
