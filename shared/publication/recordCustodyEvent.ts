import { createEmbeddedLedger } from '../ledger/backends/embedded.ts';
import type { Recorded } from '../ledger/log/log.ts';
import type { Ledger } from '../ledger/openLedger.ts';
import { type CustodyAct, type CustodySubject, recordCustody } from '../ledger/recordCustody.ts';
import { makeEntryPublic, publicEntries } from './publicEntries.ts';

/**
 * Records a custody event. Of a report that was made public it is public as well: its kind and its time, so that consent
 * that was taken back is seen where the report is verified. Name and reason are hidden everywhere. Codes: those of
 * `recordCustody`. Safe to repeat.
 */
export async function recordCustodyEvent(
  ledger: Ledger,
  subject: CustodySubject,
  act: CustodyAct,
  signal?: AbortSignal,
): Promise<Recorded> {
  const recorded = await recordCustody(ledger, subject, act, signal);
  const about = await createEmbeddedLedger(ledger.log).newest(recorded.asset, signal);
  if (about && (await publicEntries(ledger.store, signal)).has(about.index))
    await makeEntryPublic(ledger.store, recorded.index, signal);
  return recorded;
}
