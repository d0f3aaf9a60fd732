import { DossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import type { Outcome } from '../../drive/uploadSession.ts';
import type { UploadItem, UploadProgress } from '../../upload/upload.ts';
import type { Delivery } from '../content/delivery.ts';
import { encodeDescription } from '../content/description.ts';
import { type Part, refOf, sourceOf } from '../content/parts.ts';
import { companionItem, planCompanions } from './companions.ts';
import { deliverItems } from './deliverFile.ts';
import type { SubmitOrder } from './submitOrder.ts';

export interface Failure {
  readonly part: Part;
  readonly error: DossierError;
}

/** Sends the parts that are not at the destination yet, tells of each, and gives back those that failed. */
export async function sendParts(order: SubmitOrder, delivery: Delivery, parts: readonly Part[]): Promise<Failure[]> {
  const records = await order.journal.uploadRecords();
  const committed = new Set(records.filter((record) => record.committed).map(({ id }) => id));
  const digests = new Map(records.flatMap(({ id, digests }) => (digests ? [[id, digests] as const] : [])));
  const description = encodeDescription(order.report.description, order.encoding);
  const failures: Failure[] = [];
  const sending: { part: Part; item: UploadItem }[] = [];
  for (const part of parts.filter(({ id }) => !committed.has(id))) {
    const source = await sourceOf(part, description, order.sources);
    if (source instanceof DossierError) failures.push({ part, error: source });
    else {
      const onRead = (read: Digests) => void digests.set(part.id, read);
      sending.push({
        part,
        item: { id: part.id, source, target: { folder: refOf(delivery), name: part.name }, onRead },
      });
    }
  }
  // Where a part cannot be had, what tells of it cannot be written.
  if (failures.length === 0)
    for (const companion of planCompanions(order, delivery, records, (part) => digests.get(part)))
      if (!committed.has(companion.id)) sending.push({ part: companion, item: companionItem(companion, delivery) });
  const outcomes = await deliverItems(
    order,
    sending.map(({ item }) => item),
    (progress) => tellProgress(order, parts, progress),
  );
  sending.forEach(({ part, item }, index) => {
    const outcome: Outcome<unknown> = outcomes[index]!;
    if (!outcome.ok && !(item.last && failures.length > 0)) failures.push({ part, error: outcome.error });
  });
  for (const { part, error } of failures)
    if (part.attachment) order.onEvent?.({ type: 'failed', attachment: part.attachment.id, error });
  sending.forEach(({ part }, index) => {
    const outcome = outcomes[index]!;
    if (outcome.ok && part.attachment) {
      const { entry, proof } = outcome.value;
      order.onEvent?.({ type: 'delivered', attachment: part.attachment.id, name: entry.name, proof });
    }
  });
  return failures;
}

function tellProgress(order: SubmitOrder, parts: readonly Part[], progress: UploadProgress): void {
  const attachment = parts.find(({ id }) => id === progress.id)?.attachment;
  if (!attachment) return;
  const { acknowledgedBytes, sentBytes, whole, size } = progress;
  order.onEvent?.({ type: 'progress', attachment: attachment.id, acknowledgedBytes, sentBytes, whole, size });
}
