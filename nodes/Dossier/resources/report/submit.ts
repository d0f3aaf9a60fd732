import type { IDataObject } from 'n8n-workflow';
import { type Connection, createReportId, type DossierError, interruptionOf, newReport, type Report, submit, toDossierError } from '../../../../shared/index.ts';
import { clock } from '../../../host/clock.ts';
import { createItemJournal } from '../../itemJournal.ts';
import { refOf } from '../../locators.ts';
import type { Call, Operation, Result } from '../../operation.ts';
import { attachmentsOf, itemSources } from './attachments.ts';
import { contentFields, destinationField, encodingOption } from './fields.ts';
import { confineOutboxItem, type OutboxItem, parseOutboxItem } from './outboxItem.ts';
import { createProgress } from './progress.ts';

const outboxOutput = 1;

export const submitReport: Operation = {
  value: 'submit',
  name: 'Submit',
  action: 'Submit a report',
  description: 'Deliver a report and prove that all of it arrived. What cannot be delivered now leaves by Outbox, whole, and goes on when it is submitted again.',
  outputs: ['Submitted', 'Outbox'],
  properties: [...contentFields, destinationField],
  options: [encodingOption],
  async run(call) {
    const { context, itemIndex, parameter, open, signal } = call;
    const { drive, connection } = await open();
    const begun = parseOutboxItem(context.getInputData()[itemIndex]?.json);
    const root = refOf(parameter('folder'), connection.folder);
    if (begun !== undefined) await confineOutboxItem(begun, drive, root, signal);
    const report = begun?.report ?? (await reportFrom(call, connection));
    const journal = createItemJournal(begun);
    const progress = createProgress(report);
    const wanted = begun === undefined ? parameter('attachments') : '';
    try {
      const { destination, files } = await submit({
        report,
        drive,
        root,
        journal,
        clock,
        signal,
        encoding: connection.encoding,
        sources: itemSources(context, itemIndex, wanted),
        onEvent: progress.note,
      });
      const json = { report: report.id, title: report.title, state: 'submitted', folder: { ...destination }, files: progress.delivered(files) };
      return { items: [{ json }], hint: `${report.attachments.length} of ${report.attachments.length} attachments of "${report.title}" are at the destination, each proved by its hash` };
    } catch (error) {
      const failure = toDossierError(error);
      if (!call.leadsOn(outboxOutput) || failure.code === 'cancelled') throw failure;
      return waiting(call, { schema: 1, report, ...journal.snapshot() }, failure, progress.files());
    }
  },
};

async function reportFrom({ context, itemIndex, parameter }: Call, connection: Connection): Promise<Report> {
  const now = clock.now();
  const content = {
    title: String(parameter('title') ?? ''),
    description: String(parameter('description') ?? ''),
    attachments: await attachmentsOf(context, itemIndex, parameter('attachments')),
  };
  return { ...newReport(content, { id: createReportId(now), connection: connection.id, now }), state: 'sending', queued: now };
}

/** The report as it stands, with its files, for whoever takes it from the Outbox. */
function waiting({ context, itemIndex }: Call, item: OutboxItem, error: DossierError, files: IDataObject[]): Result {
  const before = item.report.interruption?.attempt ?? 0;
  const interruption = interruptionOf(error, { now: clock.now(), attempt: before + 1 });
  const report: Report = { ...item.report, state: 'interrupted', interruption };
  const { id, title } = report;
  const { code, reason, mend } = interruption;
  const json = { report: id, title, state: 'interrupted', code, reason, mend, files, outbox: { ...item, report } as unknown as IDataObject };
  const { binary } = context.getInputData()[itemIndex] ?? {};
  return { items: [{ json, ...(binary === undefined ? {} : { binary }) }], output: outboxOutput, hint: `"${title}" waits in the Outbox: ${reason}` };
}
