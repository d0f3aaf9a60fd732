import { toDossierError } from '../../core/errors.ts';
import { parseJsonBytes } from '../../core/json.ts';
import type { Log } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { StateStore } from '../../state/state.ts';
import type { UploadRecord } from '../../upload/upload.ts';
import { uploadsPrefix } from '../content/delivery.ts';
import type { Report } from '../model/report.ts';
import type { AttachmentSources } from '../model/sources.ts';
import type { ReportDestination } from './sending.ts';

export interface LeftoverPorts {
  readonly store: StateStore;
  readonly sources: AttachmentSources;
  readonly open: (connection: string, signal: AbortSignal) => Promise<ReportDestination>;
  readonly log: Log;
}

/** Uploads that the server still keeps open for a report. */
export async function unfinishedUploads(store: StateStore, report: string): Promise<UploadRecord[]> {
  const records = await store.list(uploadsPrefix(report));
  return records
    .map(({ key, value }) => parseJsonBytes(value, 'state-corrupt', say`The record "${key}"`) as UploadRecord)
    .filter(({ session, committed }) => session && !committed);
}

/**
 * Lets the server forget unfinished uploads. Services forget them anyway after some days, so a failure is only noted.
 */
export async function abandonUploads(
  { open, log }: LeftoverPorts,
  report: Report,
  uploads: readonly UploadRecord[],
): Promise<void> {
  const sessions = uploads.flatMap(({ session }) => session ?? []);
  if (sessions.length === 0) return;
  try {
    const { drive } = await open(report.connection, new AbortController().signal);
    await drive.abandonUploads(sessions);
  } catch (error) {
    log.write('info', 'Unfinished uploads stay at the server until it forgets them', {
      reason: toDossierError(error).code,
    });
  }
}

/** Lets go of the copies of attachments that Dossier made for itself; originals are never touched. */
export async function discardCopies({ sources, log }: LeftoverPorts, report: Report): Promise<void> {
  for (const attachment of report.attachments) {
    try {
      await sources.discard?.(attachment);
    } catch (error) {
      log.write('warn', 'A copy of an attachment could not be removed', { reason: toDossierError(error).code });
    }
  }
}
