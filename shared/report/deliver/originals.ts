import { DossierError, toDossierError } from '../../core/errors.ts';
import type { Delivery, Original } from '../content/delivery.ts';
import { originalOf } from '../content/parts.ts';
import { examineOriginal } from '../content/withoutMetadata.ts';
import type { Attachment } from '../model/report.ts';
import type { SubmitOrder } from './submitOrder.ts';

/**
 * Finds out of each attachment that goes without metadata what its copy is, and proves that nothing is left in it,
 * before anything is sent. Durable in the journal once it resolves; costs nothing where that was done.
 *
 * @throws DossierError with `unsupported` when there can be no such copy, and the codes of the source; after a `failed`
 *   event for each attachment concerned.
 */
export async function settleOriginals(order: SubmitOrder, delivery: Delivery): Promise<Delivery> {
  const { report, journal, onEvent } = order;
  if (delivery.complete) return delivery;
  const known = delivery.originals ?? {};
  const wanted = report.attachments.filter(
    ({ id, fingerprint, metadata }) => metadata === 'remove' && known[id]?.fingerprint !== fingerprint,
  );
  if (wanted.length === 0) return delivery;
  const found: Record<string, Original> = { ...known };
  const errors: DossierError[] = [];
  for (const attachment of wanted) {
    try {
      found[attachment.id] = await examine(order, attachment);
    } catch (thrown) {
      const error = toDossierError(thrown);
      if (error.code === 'cancelled') throw error;
      errors.push(error);
      onEvent?.({ type: 'failed', attachment: attachment.id, error });
    }
  }
  const [first] = errors;
  if (first) throw first;
  const settled: Delivery = { ...delivery, originals: found };
  await journal.save(settled);
  return settled;
}

async function examine({ sources, signal }: SubmitOrder, attachment: Attachment): Promise<Original> {
  const original = await originalOf(attachment, sources);
  if (original instanceof DossierError) throw original;
  return examineOriginal(attachment, original, signal);
}
