import {
  DossierError,
  interruptionError,
  type OutboxEvent,
  type Report,
  type Submission,
  say,
} from '../../../../shared/index.ts';
import type { Call, Result } from '../../../fields/operation.ts';
import { folderOf } from '../../existing.ts';
import { outboxOutput, waitingJson } from './outboxItem.ts';
import { createProgress } from './progress.ts';
import { arrived, deliveredJson, submittedJson } from './submitJson.ts';
import { submittedBy } from './submittedBy.ts';

/** Sends a report from the store, under a lease, so that no other worker or window sends it too. */
export async function submitStored(call: Call, id: string): Promise<Result> {
  const { store, signal, parameter } = call;
  const { outbox, reports } = await store();
  const before = (await reports.get(id, signal))?.report;
  if (before === undefined) throw new DossierError('not-found', say`There is no report ${id} in the connected folder`);
  const progress = createProgress(before);
  let submission: Submission | undefined;
  const onEvent = (event: OutboxEvent) => {
    if (event.type === 'sending') progress.note(event.event);
    if (event.type === 'changed') submission = event.submission ?? submission;
  };
  const root = await folderOf(call, 'folder');
  const sending = outbox(root, { onEvent, record: records(parameter), submittedBy: submittedBy(parameter) });
  const report = await sending.send(id, signal ?? new AbortController().signal);
  if (report.state === 'submitted')
    return { items: [{ json: submittedStored(report, submission) }], hint: arrived(report) };
  const interruption = report.interruption && interruptionError(report.interruption);
  const why = interruption ?? new DossierError('locked', 'Somebody else is working on this report');
  if (!call.leadsOn(outboxOutput)) throw why;
  return {
    items: [{ json: { ...waitingJson(report, progress.files()), outbox: { schema: 1, stored: id } } }],
    output: outboxOutput,
    hint: `"${report.title}" waits in the Outbox: ${why.message}`,
  };
}

/** An item from the Outbox may name a stored report: then the field of items counts. */
function records(parameter: Call['parameter']): boolean {
  return parameter(parameter('what') === 'stored' ? 'recordStored' : 'record') === true;
}

/** Of a report that was submitted some time ago the store knows the place and the attachments. */
function submittedStored(report: Report, submission: Submission | undefined) {
  const { attachments, destination } = report;
  const files = submission
    ? deliveredJson(submission.files, attachments)
    : attachments.map(({ id, name, mediaType, size }) => ({ field: id, name, mediaType, size, state: 'delivered' }));
  const time = submission?.manifest.sent ?? new Date(report.submitted ?? report.modified).toISOString();
  return submittedJson(report, destination ?? { path: '/' }, files, time);
}
