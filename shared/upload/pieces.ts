import { type DossierError, toDossierError } from '../core/errors.ts';
import type { Outcome, Piece, UploadSession } from '../drive/uploadSession.ts';
import type { OnWay } from './onWay.ts';
import { graver, type Run } from './run.ts';

/** One chunk of one file, read and hashed. */
export interface Sending {
  readonly file: OnWay;
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly contentHash: string;
}

/**
 * Sends chunks in one request, and those that fail again, until each is acknowledged or its file is decided. Resolves
 * with the bytes that were acknowledged; never rejects.
 */
export async function sendPieces(run: Run, sendings: readonly Sending[]): Promise<number> {
  let left = sendings;
  let acknowledged = 0;
  try {
    await run.repeat(async () => {
      left = left.filter(({ file }) => file.isOpen);
      if (left.length === 0) return;
      const outcomes = await append(run, left);
      const unsettled: Sending[] = [];
      let gravest: DossierError | undefined;
      for (const [at, sending] of left.entries()) {
        const outcome = outcomes[at] as Outcome<UploadSession>;
        // Not waited for: the connection is free for the next chunk, and a broken journal stops the run by itself.
        if (outcome.ok) {
          acknowledged += sending.bytes.length;
          sending.file.acknowledge(sending.index, outcome.value).catch(() => undefined);
        } else if (await isSettled(run, sending, outcome.error)) continue;
        else {
          unsettled.push(sending);
          gravest = graver(gravest, outcome.error);
        }
      }
      left = unsettled;
      if (gravest) throw gravest;
    });
  } catch (error) {
    for (const { file } of left) run.failed(file, error);
  } finally {
    for (const { file, index } of sendings) file.sending(index, 0);
  }
  return acknowledged;
}

async function append(run: Run, sendings: readonly Sending[]): Promise<Outcome<UploadSession>[]> {
  const pieces = sendings.map(
    ({ file, index, bytes, contentHash }): Piece => ({
      session: file.record.session as UploadSession,
      index,
      bytes,
      contentHash,
    }),
  );
  try {
    return await run.drive.append(pieces, { signal: run.signal, onSent: (bytes) => spread(sendings, bytes) });
  } catch (error) {
    // Of one chunk alone, what is said of the call is said of the chunk.
    if (sendings.length === 1) return [{ ok: false, error: toDossierError(error) }];
    throw error;
  }
}

/** False for an error after which the chunk should be sent once more; everything else is decided here. */
async function isSettled(run: Run, { file, index }: Sending, error: DossierError): Promise<boolean> {
  if (error.code === 'session-expired') await file.sendAgain(error);
  else if (error.code === 'offset-mismatch') await look(run, file, index, error);
  else if (error.retry === 'now' || error.retry === 'later') return false;
  else run.failed(file, error);
  return true;
}

/**
 * The server expects other bytes: what it says that it holds decides. Where it cannot tell, the file goes again from
 * its beginning.
 */
async function look(run: Run, file: OnWay, index: number, error: DossierError): Promise<void> {
  const session = file.record.session as UploadSession;
  const held = await run.drive.inspectUpload(session, { signal: run.signal });
  if (held.received.includes(index)) await file.acknowledge(index, held);
  else await file.sendAgain(error, held.received.length < session.received.length ? held : undefined);
}

/** Bytes of a request that carries several chunks, told to their files in the order they lie in it. */
function spread(sendings: readonly Sending[], sent: number): void {
  let left = sent;
  for (const { file, index, bytes } of sendings) {
    if (left <= 0) return;
    file.sending(index, Math.min(left, bytes.length));
    left -= bytes.length;
  }
}
