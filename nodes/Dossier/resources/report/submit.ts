import type { IDataObject } from 'n8n-workflow';
import {
  type Connection,
  type Delivery,
  DossierError,
  type EntryRef,
  interruptionError,
  interruptionOf,
  newReport,
  type OutboxEvent,
  type RecordedReport,
  type Report,
  reportIdOfKey,
  type SubmitOrder,
  say,
  submitOnce,
  toDossierError,
} from '../../../../shared/index.ts';
import type { Call, Operation, Result } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { hasKey } from '../../../host/reportStore.ts';
import { folderOf } from '../../existing.ts';
import { createItemJournal, type Journaled } from '../../itemJournal.ts';
import { attachmentsOf, itemSources } from './attachments.ts';
import { contentFields, destinationField, encodingOption, reportLocator } from './fields.ts';
import { confineOutboxItem, type OutboxItem, parseOutboxItem, storedInItem } from './outboxItem.ts';
import { createProgress } from './progress.ts';
import { reportJson } from './reportJson.ts';
import { reportKey, reportKeyOption } from './reportKey.ts';
import { storedId } from './stored.ts';

const outboxOutput = 1;

export const submitReport: Operation = {
  value: 'submit',
  name: 'Submit',
  action: 'Submit a report',
  description:
    'Deliver a report and prove that all of it arrived. What cannot be delivered now leaves by Outbox, whole, and goes on when it is submitted again.',
  outputs: ['Submitted', 'Outbox'],
  properties: [
    reportLocator({
      displayName: 'Stored Report',
      name: 'report',
      description:
        'A draft, or a report in the Outbox, of the connected folder. Empty submits a new report, or the one that comes with the item from an Outbox.',
    }),
    ...contentFields,
    destinationField,
  ],
  options: [encodingOption, reportKeyOption],
  async run(call) {
    const { json } = call.context.getInputData()[call.itemIndex] ?? {};
    const stored = storedId(call) ?? storedInItem(json);
    return stored === undefined ? submitItem(call, parseOutboxItem(json)) : submitStored(call, stored);
  },
};

/** Submits the report that came with the item, or that the fields make of it. */
async function submitItem(call: Call, begun: OutboxItem | undefined): Promise<Result> {
  const { context, itemIndex, parameter, open, store, signal } = call;
  const { drive, connection } = await open();
  const root = await folderOf(call, 'folder');
  if (begun !== undefined) await confineOutboxItem(begun, drive, root, signal);
  const report = begun?.report ?? (await reportFrom(call, connection, root));
  const journal = createItemJournal(begun);
  const progress = createProgress(report);
  const wanted = begun === undefined ? parameter('attachments') : '';
  // Like all that comes with an item, the receipt may be made up: the ledger looks at it before it is taken.
  const earlier = begun?.delivery?.recorded?.receipt;
  let recorded: RecordedReport | undefined;
  const order: SubmitOrder = {
    report,
    drive,
    root,
    journal,
    clock,
    signal,
    encoding: connection.encoding,
    sources: itemSources(context, itemIndex, wanted),
    append: hasKey(context)
      ? async (submission, given) =>
          (recorded = await (await store()).append(submission, {
            ...given,
            ...(earlier === undefined ? {} : { earlier }),
          }))
      : undefined,
    onEvent: progress.note,
  };
  try {
    const { destination, files } = await submitOnce(order);
    const json = {
      report: report.id,
      title: report.title,
      state: 'submitted',
      folder: { ...destination },
      files: progress.delivered(files),
    };
    return { items: [{ json }], hint: [arrived(report), unstamped(recorded)].join('') };
  } catch (error) {
    const failure = toDossierError(error);
    if (!call.leadsOn(outboxOutput) || failure.code === 'cancelled') throw failure;
    return waiting(
      call,
      { schema: 1, report, ...withEarlier(journal.snapshot(), begun?.delivery?.recorded) },
      failure,
      progress.files(),
    );
  }
}

/**
 * A receipt that came along and was not looked at goes on with the report: it may lie beside the files already, and
 * another could not take its place.
 */
function withEarlier({ delivery, uploads }: Journaled, recorded: Delivery['recorded']): Journaled {
  if (delivery === undefined || delivery.recorded !== undefined || recorded === undefined)
    return { uploads, ...(delivery === undefined ? {} : { delivery }) };
  return { uploads, delivery: { ...delivery, recorded } };
}

/** Sends a report from the store, under a lease, so that no other worker or window sends it too. */
async function submitStored(call: Call, id: string): Promise<Result> {
  const { store, signal } = call;
  const { outbox, reports } = await store();
  const before = (await reports.get(id, signal))?.report;
  if (before === undefined) throw new DossierError('not-found', say`There is no report ${id} in the connected folder`);
  const progress = createProgress(before);
  const onEvent = (event: OutboxEvent) => event.type === 'sending' && progress.note(event.event);
  const root = await folderOf(call, 'folder');
  const report = await outbox(root, { onEvent }).send(id, signal ?? new AbortController().signal);
  const json = { ...reportJson(report), files: progress.files() };
  if (report.state === 'submitted') return { items: [{ json }], hint: arrived(report) };
  const interruption = report.interruption && interruptionError(report.interruption);
  const why = interruption ?? new DossierError('locked', 'Somebody else is working on this report');
  if (!call.leadsOn(outboxOutput)) throw why;
  return {
    items: [{ json: { ...json, outbox: { schema: 1, stored: id } } }],
    output: outboxOutput,
    hint: `"${report.title}" waits in the Outbox: ${why.message}`,
  };
}

const arrived = ({ attachments, title }: Report): string =>
  `${attachments.length} of ${attachments.length} attachments of "${title}" are at the destination, each proved by its hash`;

const unstamped = (recorded?: RecordedReport): string =>
  recorded?.unstamped ? `. The receipt carries no time stamp: ${recorded.unstamped.message}` : '';

async function reportFrom(call: Call, connection: Connection, root: EntryRef): Promise<Report> {
  const { context, itemIndex, parameter } = call;
  const now = clock.now();
  const content = {
    title: String(parameter('title') ?? ''),
    description: String(parameter('description') ?? ''),
    attachments: await attachmentsOf(context, itemIndex, parameter('attachments')),
  };
  return {
    ...newReport(content, { id: reportIdOfKey(root, reportKey(call, content)), connection: connection.id, now }),
    state: 'sending',
    queued: now,
  };
}

/** The report as it stands, with its files, for whoever takes it from the Outbox. */
function waiting({ context, itemIndex }: Call, item: OutboxItem, error: DossierError, files: IDataObject[]): Result {
  const before = item.report.interruption?.attempt ?? 0;
  const interruption = interruptionOf(error, { now: clock.now(), attempt: before + 1 });
  const report: Report = { ...item.report, state: 'interrupted', interruption };
  const { id, title } = report;
  const { code, reason, mend } = interruption;
  const json = {
    report: id,
    title,
    state: 'interrupted',
    code,
    reason,
    mend,
    files,
    outbox: { ...item, report } as unknown as IDataObject,
  };
  const { binary } = context.getInputData()[itemIndex] ?? {};
  return {
    items: [{ json, ...(binary === undefined ? {} : { binary }) }],
    output: outboxOutput,
    hint: `"${title}" waits in the Outbox: ${reason}`,
  };
}
