import { createBudget } from '../../core/budget.ts';
import { utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { bytesSource } from '../../drive/source.ts';
import type { Delivery } from '../content/delivery.ts';
import { fileNames, receiptName } from '../content/fileNames.ts';
import { partId, refOf } from '../content/parts.ts';
import { describeSubmission, type Submission } from '../content/submission.ts';
import { deliverItem } from './deliverFile.ts';
import { fillFolder } from './fillFolder.ts';
import { settleOriginals } from './originals.ts';
import { settleReceipt } from './receiptPromise.ts';
import { openReportFolder } from './reportFolder.ts';
import type { SubmitOrder } from './submitOrder.ts';

/** Times that a sending starts over because somebody else changes the folder under it, before it gives up for now. */
const mostRounds = 8;

/**
 * Sends one report, or goes on sending it: intent, bytes, proof, commit, manifest, ledger, each durable in the journal
 * before the next and each safe to repeat. Resolves when all of it is at the destination and proved; the caller then
 * says "submitted" in one write of its own. Rejects with the error that stopped it, after a `failed` event for each
 * attachment concerned: nothing is lost by that, a later call goes on.
 */
export async function submit(order: SubmitOrder): Promise<Submission> {
  const { report, root, clock, journal, turn, onEvent } = order;
  // Every run of a report has to write the same manifest.
  const begun = await journal.load();
  const started = begun ? await settleReceipt(order, begun) : beginDelivery(order, turn ? report.created : clock.now());
  let delivery = await settleOriginals(order, started);
  let because: DossierError | undefined;
  const rounds = createBudget(
    mostRounds,
    () =>
      because ??
      new DossierError('locked', 'Somebody else keeps changing the folder of this report', { path: root.path }),
  );
  while (!delivery.complete) {
    rounds.spend();
    if (!delivery.folder) {
      delivery = await openReportFolder(order, delivery);
      await turn?.agree(delivery);
      onEvent?.({ type: 'folder', path: delivery.folder!.path });
    }
    ({ delivery, because } = await fillFolder(order, delivery, begun !== undefined || turn?.again === true));
  }
  const submission = describeSubmission(order, delivery, await journal.uploadRecords());
  if (order.append || delivery.recorded) await record(order, delivery, submission);
  return submission;
}

/** A sending that has done nothing yet. */
export function beginDelivery({ report, append, submittedBy = '' }: SubmitOrder, now: number): Delivery {
  const names = fileNames(report.attachments.map(({ name }) => name));
  return {
    schema: 1,
    sent: now,
    attempt: 0,
    companions: {
      sidecars: true,
      ...(append ? { receipt: true } : {}),
      ...(submittedBy === '' ? {} : { submittedBy }),
    },
    names: Object.fromEntries(report.attachments.map(({ id }, index) => [id, names[index]!])),
  };
}

/** Tells the ledger, and lays its receipt beside the manifest. */
async function record(order: SubmitOrder, delivery: Delivery, submission: Submission): Promise<void> {
  const { append, journal, signal } = order;
  const folder = refOf(delivery);
  const id = partId(folder, receiptName, 'receipt');
  let recorded = delivery.recorded;
  if (!recorded) {
    const { receipt } = await append!(submission, { signal });
    recorded = receipt === undefined ? {} : { receipt };
    await journal.save({ ...delivery, recorded });
    // An upload that was begun with another receipt cannot go on with this one.
    await journal.forget([id]);
    order.onEvent?.({ type: 'recorded' });
  }
  if (recorded.receipt === undefined) return;
  const source = bytesSource(utf8(recorded.receipt));
  const item = { id, source, target: { folder, name: receiptName } };
  const outcome = await deliverItem(order, item);
  if (!outcome.ok) throw outcome.error;
}
