import { DossierError, toDossierError } from '../core/errors.ts';
import { defaultRetryPolicy, retry } from '../core/retry.ts';
import type { UploadCapabilities } from '../drive/capabilities.ts';
import type { Committed, Outcome } from '../drive/uploadSession.ts';
import { sendChunks, startSessions } from './chunked.ts';
import { chunkSizeFor } from './chunks.ts';
import { commitFiles } from './commits.ts';
import { createOnWay, type OnWay } from './onWay.ts';
import { openRecords, type Records } from './records.ts';
import { askForHeld } from './resume.ts';
import { createRun, type Run } from './run.ts';
import { sendSingles, sendStreamed } from './single.ts';
import type { Uploader, UploaderOptions, UploadItem } from './upload.ts';

/** How often a file is sent anew because its session was lost or its content arrived wrong. */
const rounds = 3;

/** Delivers files to one drive. Knows no drive by name: what it may do, the capabilities say. */
export function createUploader(options: UploaderOptions): Uploader {
  return {
    async deliver(items, context) {
      if (new Set(items.map(({ id }) => id)).size < items.length) throw new TypeError('Two files have the same id');
      const run = createRun(options, context);
      let journalError: unknown;
      const records = await openRecords(options.journal, (error) => {
        journalError = error;
        run.stop(toDossierError(error));
      });
      const files = await begin(items, records, options);
      const onWay = files.filter((file): file is OnWay => 'item' in file);
      await askForHeld(run, onWay);
      const ended = await repeatRounds(run, onWay, records, options).then(() => undefined, toDossierError);
      for (const file of onWay.filter(({ outcome }) => outcome === undefined))
        file.fail(run.stopped ?? file.again ?? ended ?? new DossierError('cancelled'));
      // Chunks that were acknowledged at the end are not to be sent again.
      await records.settled().catch(() => undefined);
      if (journalError !== undefined) throw journalError;
      return files.map((file): Outcome<Committed> => ('item' in file ? (file.outcome as Outcome<Committed>) : file));
    },
  };
}

/** Finds each file's record or makes one; the intents are durable before anything is sent. */
async function begin(
  items: readonly UploadItem[],
  records: Records,
  { drive, onProgress }: UploaderOptions,
): Promise<(OnWay | Outcome<never>)[]> {
  const files = await Promise.all(
    items.map(async (item): Promise<OnWay | Outcome<never>> => {
      const known = records.get(item.id);
      const { size } = item.source;
      try {
        if (known?.state === 'committed') return createOnWay(item, known, records, onProgress);
        if (size > drive.capabilities.upload.maxFileSize) throw new DossierError('too-large');
        const fingerprint = await item.source.fingerprint();
        if (known && (known.fingerprint !== fingerprint || known.size !== size))
          throw new DossierError('source-changed');
        return createOnWay(item, known ?? { id: item.id, fingerprint, size, state: 'waiting' }, records, onProgress);
      } catch (error) {
        return { ok: false, error: toDossierError(error, 'source-missing') };
      }
    }),
  );
  const fresh = files.flatMap((file) =>
    'item' in file && records.get(file.item.id) === undefined ? [file.record] : [],
  );
  await records.put(...fresh);
  return files;
}

async function repeatRounds(
  run: Run,
  files: readonly OnWay[],
  records: Records,
  { clock, policy = defaultRetryPolicy }: UploaderOptions,
): Promise<void> {
  const round = async (): Promise<void> => {
    for (const file of files) file.retryNow();
    await sendOpen(
      run,
      files.filter(({ isOpen }) => isOpen),
      records,
    );
    const again = files.find((file) => file.outcome === undefined)?.again;
    if (again) throw again;
  };
  await retry(round, { clock, signal: run.signal, policy: { ...policy, attempts: rounds } });
}

/** One pass over all files that are not decided: send what is missing, then commit together. */
async function sendOpen(run: Run, files: readonly OnWay[], records: Records): Promise<void> {
  const { upload } = run.drive.capabilities;
  const interrupted = new Set(files.filter(({ record }) => record.state === 'sending' && record.session === undefined));
  const { single, streamed, session } = waysOf(files, upload);
  await Promise.all([...single, ...streamed].map((file) => file.startSingle()));
  await startSessions(
    run,
    session.filter(({ record }) => record.session === undefined),
    ({ record }) => chunkSizeFor(record.size, upload, run.flow.chunkBytes),
  );
  const isLast = ({ item }: OnWay) => item.last === true;
  await sendSingles(
    run,
    single.filter((file) => !isLast(file)),
    interrupted,
  );
  await sendChunks(
    run,
    session.filter((file) => file.isOpen && !file.isSent),
  );
  await sendStreamed(
    run,
    streamed.filter((file) => !isLast(file)),
    interrupted,
  );
  // Streams are read while they are sent.
  if (streamed.length > 0) await run.idle();
  // Of a file that goes again not all was read: what follows from it goes with the next round.
  if (!files.some((file) => !isLast(file) && file.again)) {
    await sendSingles(run, single.filter(isLast), interrupted);
    await sendStreamed(run, streamed.filter(isLast), interrupted);
  }
  await run.idle();
  // A commit whose chunks are not in the journal could not be explained after a kill.
  await records.settled();
  await commitFiles(
    run,
    session.filter((file) => file.isOpen && file.isSent),
  );
}

interface Ways {
  readonly single: readonly OnWay[];
  readonly streamed: readonly OnWay[];
  readonly session: readonly OnWay[];
}

/**
 * Small files alone go in one request; together they share requests, where the drive can; large ones need a session, or
 * a stream.
 */
function waysOf(files: readonly OnWay[], { maxSingle, piecesPerAppend, sessions }: UploadCapabilities): Ways {
  const begun = files.filter(({ record }) => record.session !== undefined);
  const fresh = files.filter(({ record }) => record.session === undefined);
  const small = fresh.filter(({ record }) => record.size <= maxSingle);
  const large = fresh.filter(({ record }) => record.size > maxSingle);
  const canShare = small.filter(({ record }) => record.size > 0);
  const shared = new Set(sessions && piecesPerAppend > 1 && canShare.length > 1 ? canShare : []);
  return {
    single: small.filter((file) => !shared.has(file)),
    streamed: sessions ? [] : large,
    session: [...begun, ...shared, ...(sessions ? large : [])],
  };
}
