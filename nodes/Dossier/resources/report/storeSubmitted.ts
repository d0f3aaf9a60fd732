import {
  type Attachment,
  type AttachmentSources,
  type Delivery,
  isDossierError,
  type Report,
  type Submission,
} from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import type { Journaled } from '../../itemJournal.ts';

/** Lists a report that was sent directly under Submitted, beside those that were sent from the store. */
export async function listSubmitted(call: Call, report: Report, { destination, manifest }: Submission): Promise<void> {
  const { reports, enter } = await call.store();
  const before = await reports.get(report.id, call.signal);
  if (before?.report.state === 'submitted') return;
  const { interruption: _mended, ...rest } = report;
  const listed: Report = { ...rest, state: 'submitted', submitted: Date.parse(manifest.sent), destination };
  await enter(listed, before?.version ?? 0, call.signal).catch((error: unknown) => {
    // Another run of the same report has listed it.
    if (!isDossierError(error, 'revision-conflict')) throw error;
  });
}

/**
 * Puts a report that could not be delivered into the Outbox of the connected folder, with copies of its files,
 * encrypted. False when the folder cannot take it now: then the item alone carries it.
 */
export async function putInOutbox(
  call: Call,
  report: Report,
  { delivery, uploads }: Journaled,
  sources: AttachmentSources,
): Promise<boolean> {
  // The manifest may have been begun: only who has these records knows the folder again for its own.
  const committed = uploads.filter((record) => record.committed).length;
  if (delivery?.complete || committed > report.attachments.length) return false;
  const kept: Attachment[] = [];
  try {
    const { reports, copies, enter, journal } = await call.store();
    if (await reports.get(report.id, call.signal)) return false;
    for (const attachment of report.attachments) {
      const copy = await copies.keep(await sources.open(attachment), { signal: call.signal });
      kept.push({ ...attachment, ...copy });
    }
    if (delivery !== undefined) await journal(report.id).save(unrecorded(delivery));
    // What is in the folder already tells the times that the runs agreed on.
    const times = delivery === undefined ? {} : { created: delivery.sent, modified: delivery.sent };
    await enter({ ...report, ...times, attachments: kept }, 0, call.signal);
    return true;
  } catch {
    const { copies } = await call.store();
    for (const copy of kept) await copies.discard(copy).catch(() => undefined);
    return false;
  }
}

/** A receipt that came with an item may be made up, and nobody looks at it later: the ledger is asked anew. */
function unrecorded({ recorded: _claimed, ...delivery }: Delivery): Delivery {
  return delivery;
}
