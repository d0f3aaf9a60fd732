import { type DossierError, isDossierError } from '../core/errors.ts';
import type { UploadSession } from '../drive/uploadSession.ts';
import { chunkCount } from './chunks.ts';
import type { OnWay } from './onWay.ts';
import type { Run } from './run.ts';

// Whole files below this travel together in few requests: to ask for each of them would cost more than to send them
// again.
const worthAsking = 1024 * 1024;

/**
 * What an earlier process sent may have arrived although its record does not say so: it may have died between the
 * answer and the write. So the server is asked first, once for every session that lacks chunks, and nothing that it
 * holds is sent again (promise P3). Never rejects.
 */
export async function askForHeld(run: Run, files: readonly OnWay[]): Promise<void> {
  const begun = files.filter(
    ({ isOpen, record }) => isOpen && record.session !== undefined && lacksMuch(record.session),
  );
  await Promise.all(
    begun.map((file) =>
      run.lanes.run(() => ask(run, file), run.signal).catch((error: unknown) => run.failed(file, error)),
    ),
  );
}

function lacksMuch({ size, chunkSize, received }: UploadSession): boolean {
  const count = chunkCount(size, chunkSize);
  return received.length < count && (count > 1 || size >= worthAsking);
}

async function ask(run: Run, file: OnWay): Promise<void> {
  const session = file.record.session as UploadSession;
  const held = await run.repeat(() => run.drive.inspectUpload(session, { signal: run.signal }).catch(unlessExpired));
  if (!isDossierError(held)) return file.holds(held);
  // There is nothing to go on with: the same pass begins anew.
  await file.sendAgain(held);
  file.retryNow();
}

/** A session that is gone stays gone, however often one asks. */
function unlessExpired(error: unknown): DossierError {
  if (isDossierError(error, 'session-expired')) return error;
  throw error;
}
