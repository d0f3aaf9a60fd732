import {
  createReportId,
  DossierError,
  isReportId,
  newReport,
  type Report,
  type ReportContent,
  type StoredReport,
  say,
} from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Call } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { clock } from '../../../host/clock.ts';

/** The id in the field "Stored Report"; undefined when it is empty. */
export function storedId(call: Call): string | undefined {
  const named = String(given(call.context, 'report', call.parameter('report')) ?? '').trim();
  if (named === '') return undefined;
  if (!isReportId(named)) throw new DossierError('invalid-input', say`"${named}" is not the ID of a report`);
  return named;
}

/** The report that the field names, which must be in the store. */
export async function storedReport(call: Call): Promise<StoredReport> {
  const id = storedId(call);
  if (id === undefined) throw new DossierError('invalid-input', 'Name the report: the field "Stored Report" is empty');
  const { reports } = await call.store();
  const found = await reports.get(id, call.signal);
  if (found === undefined) throw new DossierError('not-found', say`There is no report ${id} in the connected folder`);
  return found;
}

/**
 * Puts what the node's fields say into the store as a draft: a new one, or the one that the field names. Attachments
 * are copied into the vault, because n8n forgets its files with the execution.
 */
export async function saveDraft(call: Call): Promise<StoredReport> {
  const { context, itemIndex, parameter, signal } = call;
  const before = storedId(call) === undefined ? undefined : await storedReport(call);
  const content = {
    title: String(parameter('title') ?? ''),
    description: String(parameter('description') ?? ''),
    attachments: [],
  };
  const now = clock.now();
  // Refuses an empty title before anything is copied.
  const fresh = newReport(content, { id: createReportId(now), connection: (await call.open()).connection.id, now });
  const { reports, copies } = await call.store();
  const files = await binaryFiles(context, itemIndex, parameter('attachments'));
  const attachments: ReportContent['attachments'][number][] = [];
  try {
    for (const [index, { name, mediaType, source }] of files.entries()) {
      attachments.push({ id: `${fresh.id}-${index}`, name, mediaType, ...(await copies.keep(source, { signal })) });
    }
    const kept = files.length === 0 ? (before?.report.attachments ?? []) : attachments;
    const report: Report = {
      ...(before?.report ?? fresh),
      title: fresh.title,
      description: fresh.description,
      attachments: kept,
    };
    const saved = await reports.save(report, before?.version ?? 0, now, signal);
    if (files.length > 0) for (const old of before?.report.attachments ?? []) await copies.discard(old);
    return saved;
  } catch (error) {
    for (const copy of attachments) await copies.discard(copy).catch(() => undefined);
    return Promise.reject(error);
  }
}
