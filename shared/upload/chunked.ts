import { DossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import type { UploadSession } from '../drive/uploadSession.ts';
import { chunkCount, chunkRange, planBatches } from './chunks.ts';
import type { OnWay } from './onWay.ts';
import { type Sending, sendPieces } from './pieces.ts';
import type { Run } from './run.ts';
import { openSource, type SourceReader } from './sourceReader.ts';

/** Opens a session for every file that has none, in as few calls as the drive takes. */
export async function startSessions(
  run: Run,
  files: readonly OnWay[],
  chunkSizeOf: (file: OnWay) => number,
): Promise<void> {
  if (files.length === 0) return;
  const requests = files.map((file) => ({ target: file.target, size: file.record.size, chunkSize: chunkSizeOf(file) }));
  try {
    const sessions = await run.repeat(() => run.drive.startUploads(requests, { signal: run.signal }));
    // Durable before the first chunk leaves: an acknowledgement without its session would be worth nothing.
    await Promise.all(files.map((file, index) => file.startSession(sessions[index] as UploadSession)));
  } catch (error) {
    for (const file of files) run.failed(file, error);
  }
}

/** Reads the files one after the other and hands what was read to the connections. Resolves when all is read. */
export async function sendChunks(run: Run, files: readonly OnWay[]): Promise<void> {
  const { upload } = run.drive.capabilities;
  const isSmall = ({ record: { session } }: OnWay) =>
    session !== undefined && chunkCount(session.size, session.chunkSize) === 1;
  const first = files.filter(({ item }) => !item.last);
  const last = files.filter(({ item }) => item.last);
  const large = first.filter((file) => !isSmall(file));
  // What is read last shares the requests of the others only where nothing else is read after these.
  const shares = large.length === 0;
  await sendBatches(run, [...first, ...(shares ? last : [])].filter(isSmall));
  // Where the chunks of a file must go one after the other, other files keep the connections busy meanwhile.
  const readers = upload.inOrder ? upload.chunksInFlight : 1;
  await Promise.all(
    Array.from({ length: readers }, async () => {
      for (let file = large.shift(); file; file = large.shift()) await sendFile(run, file);
    }),
  );
  // Of a file that goes again not all was read: what follows from it goes with the next round.
  if (first.some(({ again }) => again)) return;
  if (!shares) await sendBatches(run, last.filter(isSmall));
  for (const file of last.filter((one) => !isSmall(one))) await sendFile(run, file);
}

/** Small files, as many in one request as the drive takes. */
async function sendBatches(run: Run, files: readonly OnWay[]): Promise<void> {
  const batches = planBatches(
    files.map(({ record }) => record.size),
    run.drive.capabilities.upload,
  );
  for (const batch of batches)
    await sendBatch(
      run,
      batch.map((at) => files[at] as OnWay),
    );
}

/** Whole small files in one request. */
async function sendBatch(run: Run, files: readonly OnWay[]): Promise<void> {
  const total = files.reduce((sum, { record }) => sum + record.size, 0);
  const sendings: Sending[] = [];
  await withBuffer(run, files, total, async (buffer) => {
    let at = 0;
    for (const file of files) {
      const bytes = buffer.subarray(at, (at += file.record.size));
      await reading(run, file, async (reader) => {
        await reader.next(bytes.length, bytes);
        await digest(file, reader);
        sendings.push({ file, index: 0, bytes, contentHash: reader.contentHash(0, bytes) });
      });
    }
    return () => carry(run, sendings);
  });
}

/**
 * A file of several chunks. Those the server has are only hashed. The last one closes the session at some services, so
 * it leaves when all others are acknowledged.
 */
async function sendFile(run: Run, file: OnWay): Promise<void> {
  const { size, chunkSize } = file.record.session as UploadSession;
  const { inOrder } = run.drive.capabilities.upload;
  const count = chunkCount(size, chunkSize);
  const received = new Set(file.record.session?.received);
  const earlier: Promise<void>[] = [];
  await reading(run, file, async (reader) => {
    for (let index = 0; index < count && file.isOpen; index++) {
      const { start, end } = chunkRange(size, chunkSize, index);
      const isLast = index === count - 1;
      if (received.has(index)) {
        await reader.next(end - start);
        if (isLast) await digest(file, reader);
        continue;
      }
      await withBuffer(
        run,
        [file],
        chunkSize,
        async (buffer) => {
          const bytes = buffer.subarray(0, end - start);
          await reader.next(bytes.length, bytes);
          if (isLast) await digest(file, reader);
          const sending = { file, index, bytes, contentHash: reader.contentHash(start, bytes) };
          const before = isLast ? Promise.all(earlier) : inOrder ? earlier.at(-1) : undefined;
          return async () => {
            await before;
            if (file.isOpen) await carry(run, [sending]);
          };
        },
        earlier,
      );
    }
  });
}

/** Sends chunks once the line and the connections have room for them. */
function carry(run: Run, sendings: readonly Sending[]): Promise<void> {
  const bytes = sendings.reduce((sum, sending) => sum + sending.bytes.length, 0);
  const send = () => run.lanes.run(() => sendPieces(run, sendings), run.signal);
  return run.chunkLanes.run(() => run.flow.carry(bytes, send, run.signal), run.signal);
}

/** Fills a buffer now and sends it beside; the buffer is free again when the sending has ended. */
async function withBuffer(
  run: Run,
  files: readonly OnWay[],
  size: number,
  fill: (buffer: Uint8Array) => Promise<() => Promise<void>>,
  tasks: Promise<void>[] = [],
): Promise<void> {
  const failAll = (error: unknown) => files.forEach((file) => run.failed(file, error));
  const buffer = await run.buffers.take(size, run.signal).catch(failAll);
  if (!buffer) return;
  try {
    const send = await fill(buffer);
    tasks.push(
      run.spawn(() =>
        send()
          .catch(failAll)
          .finally(() => run.buffers.give(buffer)),
      ),
    );
  } catch (error) {
    run.buffers.give(buffer);
    failAll(error);
  }
}

/** Opens the source for one pass. Whatever goes wrong ends this file. */
export async function reading(run: Run, file: OnWay, pass: (reader: SourceReader) => Promise<void>): Promise<void> {
  const reader = openSource(file.item.source);
  try {
    await pass(reader);
  } catch (error) {
    run.failed(file, error);
  } finally {
    await reader.close().catch(() => undefined);
  }
}

/**
 * The end of the pass: the source must still be the one that was recorded, and hold the bytes that an earlier process
 * read.
 */
async function digest(file: OnWay, reader: SourceReader): Promise<void> {
  const digests = await reader.finish(file.record.fingerprint);
  demandSame(file.record.digests, digests);
  file.digested(digests);
}

function demandSame(before: Digests | undefined, now: Digests): void {
  if (before !== undefined && before.sha256 !== now.sha256) throw new DossierError('source-changed');
}
