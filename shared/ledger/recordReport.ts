import { fromUtf8 } from '../core/bytes.ts';
import { DossierError, toDossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import { assetId } from './asset.ts';
import type { Ledger } from './openLedger.ts';
import { encodeReceipt, type Receipt } from './receipt.ts';
import { receiptOf, stampedReceiptOf } from './stamps.ts';

/** A report that is whole at its destination, as far as a ledger needs to know it. */
export interface DeliveredReport {
  readonly report: string;
  readonly manifest: { readonly title: string };
  readonly files: readonly { readonly digests: Digests }[];
}

export interface RecordedReport {
  /** Text of a Sigstore bundle. */
  readonly receipt: string;
  readonly index: number;
  /** Why the receipt carries no time stamp although the user has named an authority; it can be stamped later (`stampedReceiptOf`). */
  readonly unstamped?: DossierError;
}

/**
 * Records the delivery of a report as one `Submit` statement about all of its files, and gives the receipt that is laid beside them, time-stamped
 * where the user has named an authority. An authority that fails does not hold the report up. Safe to repeat: one report makes one entry.
 */
export async function recordReport(ledger: Ledger, delivered: DeliveredReport, signal?: AbortSignal): Promise<RecordedReport> {
  const { log, assetKey, clock } = ledger;
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
  const { index } = recorded;
  const made = (receipt: Receipt) => ({ receipt: fromUtf8(encodeReceipt(receipt)), index });
  if (!ledger.timestamping) return made(await receiptOf(ledger, index, signal));
  try {
    return made(await stampedReceiptOf(ledger, index, signal));
  } catch (error) {
    const unstamped = toDossierError(error);
    if (unstamped.code === 'cancelled' || unstamped.code === 'ledger-broken') throw unstamped;
    return { ...made(await receiptOf(ledger, index, signal)), unstamped };
  }
}
