import {
  createReportId,
  DossierError,
  isReportId,
  newReport,
  type Report,
  type StoredReport,
  say,
} from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Call } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { broughtFiles } from './attachments.ts';
import { keepCopies } from './copies.ts';

/** The id in the field "Stored Report". */
export function storedId(call: Call): string {
  const id = String(given(call.context, 'report', call.parameter('report')) ?? '').trim();
  if (id === '') throw new DossierError('invalid-input', 'Name the report: the field "Stored Report" is empty');
  if (!isReportId(id)) throw new DossierError('invalid-input', say`"${id}" is not the ID of a report`);
  return id;
}

/** The report that the field names, which must be in the store. */
export async function storedReport(call: Call): Promise<StoredReport> {
  const id = storedId(call);
  const { reports } = await call.store();
  const found = await reports.get(id, call.signal);
  if (found === undefined) throw new DossierError('not-found', say`There is no report ${id} in the connected folder`);
  return found;
}

/** Puts what the node's fields say into the store, as a new draft. */
export async function saveDraft(call: Call): Promise<StoredReport> {
  const { parameter, signal } = call;
  const content = {
    title: String(parameter('title') ?? ''),
    description: String(parameter('description') ?? ''),
    attachments: [],
  };
  const now = clock.now();
  // Refuses an empty title before anything is copied.
  const fresh = newReport(content, { id: createReportId(now), connection: (await call.open()).connection.id, now });
  const { reports, copies } = await call.store();
  const attachments = await keepCopies(call, await broughtFiles(call), fresh.id);
  const report: Report = { ...fresh, attachments };
  return reports.save(report, 0, now, signal).catch(async (error: unknown) => {
    for (const copy of attachments) await copies.discard(copy).catch(() => undefined);
    return Promise.reject(error);
  });
}
