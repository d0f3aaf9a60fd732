import { fromUtf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import { assetId } from './asset.ts';
import type { Ledger } from './openLedger.ts';
import { createReceipt, encodeReceipt } from './receipt.ts';

/** A report that is whole at its destination, as far as a ledger needs to know it. */
export interface DeliveredReport {
  readonly report: string;
  readonly manifest: { readonly title: string };
  readonly files: readonly { readonly digests: Digests }[];
}

/**
 * Records the delivery of a report as one `Submit` statement about all of its files, and gives the receipt that is laid beside them.
 * Safe to repeat: one report makes one entry.
 */
export async function recordReport(
  { log, assetKey, clock }: Pick<Ledger, 'log' | 'assetKey' | 'clock'>,
  delivered: DeliveredReport,
  signal?: AbortSignal,
): Promise<{ readonly receipt: string; readonly index: number }> {
  const [recorded] = await log.append(
    [
      {
        event: 'Submit',
        // Report ids are unique: whoever takes the sending over, by whatever connection, speaks of the same asset.
        asset: assetId(assetKey, { kind: 'report', account: '', file: delivered.report }),
        subjects: delivered.files.map(({ digests }) => digests),
        occasion: delivered.report,
        observedAt: clock.now(),
        masked: { title: delivered.manifest.title },
        details: { hashSource: 'sent' },
      },
    ],
    signal,
  );
  if (!recorded) throw new DossierError('ledger-broken', 'The ledger did not say where it recorded the report');
  const receipt = await createReceipt(log, recorded.index, [], signal);
  return { receipt: fromUtf8(encodeReceipt(receipt)), index: recorded.index };
}
