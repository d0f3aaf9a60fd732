import { DossierError } from './errors.ts';

/**
 * Bytes that were packed by DEFLATE (RFC 1951), unpacked as they come. Whoever stops early stops the packed ones too.
 *
 * @throws `integrity-mismatch` for what is no such data or is cut short; what the packed bytes fail with.
 */
export async function* inflate(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream('deflate-raw');
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  let failure: { readonly error: unknown } | undefined;
  const reading = packed[Symbol.asyncIterator]();
  const next = () =>
    reading.next().catch((error: unknown) => {
      failure = { error };
      return Promise.reject(error as Error);
    });
  const feeding = (async () => {
    for (let step = await next(); step.done !== true; step = await next())
      await writer.write(step.value as Uint8Array<ArrayBuffer>);
    await writer.close();
  })().catch((error: unknown) => writer.abort(error).catch(() => undefined));
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) if (step.value) yield step.value;
  } catch (cause) {
    await feeding;
    if (failure) throw failure.error;
    throw new DossierError('integrity-mismatch', 'The packed data is damaged', { cause });
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding;
    await reading.return?.();
  }
}
