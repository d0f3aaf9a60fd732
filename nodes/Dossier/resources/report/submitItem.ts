import type { IDataObject } from 'n8n-workflow';
import {
  type Connection,
  type Delivery,
  type DossierError,
  type EntryRef,
  interruptionOf,
  newReport,
  type RecordedReport,
  type Report,
  reportIdOfKey,
  type Submission,
  submitOnce,
  toDossierError,
} from '../../../../shared/index.ts';
import type { Call, Result } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { folderOf } from '../../existing.ts';
import { createItemJournal, type ItemJournal, type Journaled } from '../../itemJournal.ts';
import { attachmentsOf, type BroughtFiles, broughtFiles, carriedFiles, sourcesIn } from './attachments.ts';
import { confineOutboxItem, type OutboxItem, outboxOutput, waitingJson } from './outboxItem.ts';
import { createProgress } from './progress.ts';
import { reportKey } from './reportKey.ts';
import { listSubmitted, putInOutbox } from './storeSubmitted.ts';
import { arrived, deliveredJson, submittedJson } from './submitJson.ts';
import { submittedBy } from './submittedBy.ts';

/** Submits the report that came with the item, or that the fields make of it. */
export async function submitItem(call: Call, begun: OutboxItem | undefined): Promise<Result> {
  const { connection, drive } = await call.open();
  const record = call.parameter('record') === true;
  // What recording needs and lacks is to be known before the first byte.
  if (record) await (await call.store()).ready(call.signal);
  const root = await folderOf(call, 'folder');
  if (begun !== undefined) await confineOutboxItem(begun, drive, root, call.signal);
  const files = begun === undefined ? broughtFiles(call) : carriedFiles(call);
  // Files that are gone are told by whoever opens one, where the report can still leave by Outbox.
  files.catch(() => undefined);
  const report = begun?.report ?? (await reportFrom(call, connection, root, files));
  const journal = createItemJournal(begun);
  const progress = createProgress(report);
  try {
    const { submission, recorded } = await send(call, {
      report,
      root,
      files,
      journal,
      record,
      begun,
      note: progress.note,
    });
    if (record) await listSubmitted(call, report, submission);
    const delivered = deliveredJson(submission.files, report.attachments);
    const json = submittedJson(report, submission.destination, delivered, submission.manifest.sent);
    return { items: [{ json }], hint: [arrived(report), unstamped(recorded)].join('') };
  } catch (error) {
    const failure = toDossierError(error);
    if (!call.leadsOn(outboxOutput) || failure.code === 'cancelled') throw failure;
    const item: OutboxItem = { schema: 1, report, ...withEarlier(journal.snapshot(), begun?.delivery?.recorded) };
    return waiting(call, { item, failure, files, states: progress.files(), record });
  }
}

interface Sending {
  readonly report: Report;
  readonly root: EntryRef;
  readonly files: BroughtFiles;
  readonly journal: ItemJournal;
  readonly record: boolean;
  readonly begun: OutboxItem | undefined;
  readonly note: ReturnType<typeof createProgress>['note'];
}

async function send(
  call: Call,
  { report, root, files, journal, record, begun, note }: Sending,
): Promise<{ submission: Submission; recorded: RecordedReport | undefined }> {
  const { parameter, signal, store } = call;
  const { drive, connection } = await call.open();
  // Like all that comes with an item, the receipt may be made up: the ledger looks at it before it is taken.
  const receipt = begun?.delivery?.recorded?.receipt;
  const earlier = receipt === undefined ? {} : { earlier: receipt };
  let recorded: RecordedReport | undefined;
  const submission = await submitOnce({
    report,
    drive,
    root,
    journal,
    clock,
    signal,
    encoding: connection.encoding,
    submittedBy: submittedBy(parameter),
    sources: sourcesIn(files),
    append: record
      ? async (submission, given) => (recorded = await (await store()).append(submission, { ...given, ...earlier }))
      : undefined,
    onEvent: note,
  });
  return { submission, recorded };
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

const unstamped = (recorded?: RecordedReport): string =>
  recorded?.unstamped ? `. The receipt carries no time stamp: ${recorded.unstamped.message}` : '';

async function reportFrom(call: Call, connection: Connection, root: EntryRef, files: BroughtFiles): Promise<Report> {
  const { parameter } = call;
  const now = clock.now();
  const content = {
    title: String(parameter('title') ?? ''),
    description: String(parameter('description') ?? ''),
    attachments: await attachmentsOf(call, await files),
  };
  return {
    ...newReport(content, { id: reportIdOfKey(root, reportKey(call, content)), connection: connection.id, now }),
    state: 'sending',
    queued: now,
  };
}

interface Waiting {
  readonly item: OutboxItem;
  readonly failure: DossierError;
  readonly files: BroughtFiles;
  /** How far each of them has come. */
  readonly states: readonly IDataObject[];
  readonly record: boolean;
}

/** The report as it stands, with its files, for whoever takes it from the Outbox. */
async function waiting(call: Call, { item, failure, files, states, record }: Waiting): Promise<Result> {
  const before = item.report.interruption?.attempt ?? 0;
  const interruption = interruptionOf(failure, { now: clock.now(), attempt: before + 1 });
  const report: Report = { ...item.report, state: 'interrupted', interruption };
  const stored = record && (await putInOutbox(call, report, item, sourcesIn(files)));
  const outbox = stored ? { schema: 1, stored: report.id } : { ...item, report };
  const json = { ...waitingJson(report, states), outbox: outbox as unknown as IDataObject };
  const carried = Object.fromEntries((await files.catch(() => [])).map(({ field, binary }) => [field, binary]));
  const binary = { ...call.context.getInputData()[call.itemIndex]?.binary, ...carried };
  return {
    items: [{ json, ...(Object.keys(binary).length === 0 ? {} : { binary }) }],
    output: outboxOutput,
    hint: `"${report.title}" waits in the Outbox: ${interruption.reason}`,
  };
}
