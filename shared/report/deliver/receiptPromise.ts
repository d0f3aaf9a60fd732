import { DossierError } from '../../core/errors.ts';
import type { Delivery } from '../content/delivery.ts';
import { manifestName } from '../content/fileNames.ts';
import { partId, refOf } from '../content/parts.ts';
import type { SubmitOrder } from './submitOrder.ts';

/**
 * Whether the manifest names a receipt follows what this run does, and not what the run before it had set out to do: a
 * report that is begun with recording may be gone on with without. Once the manifest may be at the destination its word
 * stands. Codes: `invalid-input` when it names a receipt that nobody would make.
 */
export async function settleReceipt(order: SubmitOrder, delivery: Delivery): Promise<Delivery> {
  const { journal, append } = order;
  const { companions } = delivery;
  if (!companions || (companions.receipt === true) === (append !== undefined)) return delivery;
  if (delivery.recorded?.receipt !== undefined) return delivery;
  if (await isManifestBegun(order, delivery)) {
    if (append) return delivery;
    throw new DossierError(
      'invalid-input',
      'The manifest of this report names a receipt of the ledger: it cannot be ended without one',
      {
        advice: 'Submit it again with recording in the ledger.',
        operation: 'submit',
        path: refOf(delivery).path,
      },
    );
  }
  const { receipt: _promised, ...others } = companions;
  const settled: Delivery = { ...delivery, companions: append ? { ...others, receipt: true } : others };
  await journal.save(settled);
  return settled;
}

async function isManifestBegun({ journal }: SubmitOrder, delivery: Delivery): Promise<boolean> {
  if (!delivery.folder) return false;
  const manifest = partId(refOf(delivery), manifestName, 'manifest');
  return (await journal.uploadRecords()).some(({ id }) => id === manifest);
}
