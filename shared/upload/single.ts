import { isDossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import { joinPath } from '../core/paths.ts';
import type { SizedBody } from '../core/ports.ts';
import type { Context } from '../drive/drive.ts';
import type { Committed } from '../drive/uploadSession.ts';
import { reading } from './chunked.ts';
import type { OnWay } from './onWay.ts';
import { isUnclear, plainer, type Run } from './run.ts';
import { openSource } from './sourceReader.ts';

// Larger files are never held whole, so they are read in steps of this size where only their hash is wanted.
const step = 1024 * 1024;

/**
 * Files that go in one request, held in memory while they do. Resolves when all are read. `interrupted` ones may be
 * there already.
 */
export async function sendSingles(run: Run, files: readonly OnWay[], interrupted: ReadonlySet<OnWay>): Promise<void> {
  for (const file of files) {
    const { size, fingerprint } = file.record;
    const buffer = await run.buffers.take(size, run.signal).catch((error: unknown) => run.failed(file, error));
    if (!buffer) continue;
    const bytes = buffer.subarray(0, size);
    let digests: Digests | undefined;
    await reading(run, file, async (reader) => {
      await reader.next(size, bytes);
      digests = await reader.finish(fingerprint);
      file.item.onRead?.(digests);
    });
    const read = digests;
    if (read === undefined) run.buffers.give(buffer);
    else {
      const send = (context: Context) => run.drive.upload(file.target, bytes, read, context);
      void run.spawn(() =>
        deliver(run, file, () => read, interrupted.has(file), send).finally(() => run.buffers.give(buffer)),
      );
    }
  }
}

/** Files too large to be held, where the drive has no sessions. */
export async function sendStreamed(run: Run, files: readonly OnWay[], interrupted: ReadonlySet<OnWay>): Promise<void> {
  for (const file of files) {
    let digests = interrupted.has(file) ? await hashed(run, file) : undefined;
    if (!file.isOpen) continue;
    const body: SizedBody = {
      size: file.record.size,
      open: () =>
        checkedBody(file, (read) => {
          digests = read;
          file.item.onRead?.(read);
        }),
    };
    const demand = (): Digests => {
      if (!digests) throw new TypeError('The digests of a body are known once it was read');
      return digests;
    };
    const send = (context: Context) => run.drive.uploadStreamed(file.target, body, demand, context);
    void run.spawn(() => deliver(run, file, () => digests, digests !== undefined, send));
  }
}

/** Sends, and after an answer that was lost looks before it sends again. Never rejects. */
async function deliver(
  run: Run,
  file: OnWay,
  digests: () => Digests | undefined,
  lookFirst: boolean,
  send: (context: Context) => Promise<Committed>,
): Promise<void> {
  let mayBeThere = lookFirst;
  const attempt = async (): Promise<Committed> => {
    const there = mayBeThere ? await look(run, file, digests()) : undefined;
    if (there) return there;
    try {
      return await send({ signal: run.signal, onSent: (bytes) => file.sending(0, bytes) });
    } catch (error) {
      mayBeThere = isUnclear(error);
      throw isDossierError(error, 'invalid-path') && (await file.rename()) ? plainer(error) : error;
    }
  };
  try {
    const { size } = file.record;
    const carried = async () => {
      const committed = await run.lanes.run(() => run.repeat(attempt), run.signal);
      await file.committed(committed, digests() as Digests);
      return size;
    };
    await run.flow.carry(size, carried, run.signal);
  } catch (error) {
    run.failed(file, error);
  } finally {
    file.sending(0, 0);
  }
}

async function look(run: Run, { target, record }: OnWay, digests: Digests | undefined): Promise<Committed | undefined> {
  if (digests === undefined) return undefined;
  try {
    return await run.drive.prove({ path: joinPath(target.folder.path, target.name) }, record.size, digests, {
      signal: run.signal,
    });
  } catch (error) {
    // Something else has the name: the upload itself says what that means.
    if (isDossierError(error, 'integrity-mismatch')) return undefined;
    throw error;
  }
}

async function hashed(run: Run, file: OnWay): Promise<Digests | undefined> {
  let digests: Digests | undefined;
  await reading(run, file, async (reader) => {
    for (let left = file.record.size; left > 0; left -= step) await reader.next(Math.min(step, left));
    digests = await reader.finish(file.record.fingerprint);
    file.item.onRead?.(digests);
  });
  return digests;
}

/**
 * The last piece is held back until the source has proved to be unchanged, so that a changed one is never completed.
 */
async function* checkedBody(file: OnWay, read: (digests: Digests) => void): AsyncIterable<Uint8Array> {
  const reader = openSource(file.item.source);
  try {
    for (let left = file.record.size; left > 0; left -= step) {
      const bytes = new Uint8Array(Math.min(step, left));
      await reader.next(bytes.length, bytes);
      if (left <= step) read(await reader.finish(file.record.fingerprint));
      yield bytes;
    }
  } finally {
    await reader.close().catch(() => undefined);
  }
}
