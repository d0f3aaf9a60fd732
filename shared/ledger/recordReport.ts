import { equalBytes, fromUtf8, utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { type Digests, sha256Hex } from '../core/hashing.ts';
import { canonicalJson } from '../core/json.ts';
import type { Ledger } from './openLedger.ts';
import { encodeReceipt, parseReceipt } from './receipt/receipt.ts';
import { verifyReceipt } from './receipt/verifyReceipt.ts';
import { assetId } from './statement/asset.ts';
import { parseStatement, type SubjectDigests } from './statement/statement.ts';
import { trustedTime } from './timestamp/timestamp.ts';
import { bestReceiptOf } from './timestampStore.ts';

/** A report that is whole at its destination, as far as a ledger needs to know it. */
export interface DeliveredReport {
  readonly report: string;
  readonly manifest: {
    readonly title: string;
    /** As many as `files`, in their order. */
    readonly files?: readonly { readonly name: string; readonly arrivedWith?: string }[];
  };
  readonly files: readonly { readonly digests: Digests }[];
}

export interface RecordedReport {
  /** Text of a Sigstore bundle. */
  readonly receipt: string;
  readonly index: number;
  /**
   * Why the receipt carries no time stamp although the user has named an authority; it can be stamped later
   * (`stampedReceiptOf`).
   */
  readonly unstamped?: DossierError;
}

/**
 * Records the delivery of a report as one `Submit` statement about all of its files, and gives the receipt that is laid
 * beside them, time-stamped where the user has named an authority. An authority that fails does not hold the report up.
 * `earlier` is a receipt that somebody says was given for this delivery: it is given again if it is this ledger's and
 * about these files. Safe to repeat: one delivery makes one entry.
 */
export async function recordReport(
  ledger: Ledger,
  delivered: DeliveredReport,
  signal?: AbortSignal,
  earlier?: string,
): Promise<RecordedReport> {
  const index = await entryFor(ledger, delivered, signal);
  if (earlier !== undefined && (await isReceiptOf(ledger, index, earlier, signal))) return { receipt: earlier, index };
  const { receipt, ...unstamped } = await bestReceiptOf(ledger, index, signal);
  return { receipt: fromUtf8(encodeReceipt(receipt)), index, ...unstamped };
}

async function entryFor(
  { log, assetKey, clock }: Ledger,
  { report, manifest, files }: DeliveredReport,
  signal?: AbortSignal,
): Promise<number> {
  const subjects = files.map(({ digests }) => digests);
  const append = async (occasion: string) => {
    const [recorded] = await log.append(
      [
        {
          event: 'Submit',
          // Report ids are unique: whoever takes the sending over, by whatever connection, speaks of the same asset.
          asset: assetId(assetKey, { kind: 'report', account: '', file: report }),
          subjects,
          occasion,
          observedAt: clock.now(),
          masked: { title: manifest.title },
          details: { hashSource: 'sent', ...arrivals(manifest) },
        },
      ],
      signal,
    );
    if (!recorded) throw new DossierError('ledger-broken', 'The ledger did not say where it recorded the report');
    return recorded;
  };
  const recorded = await append(report);
  const entry = recorded.known ? await log.entry(recorded.index, signal) : undefined;
  if (!entry || listed(parseStatement(entry.envelope.payload).subjects) === listed(subjects)) return recorded.index;
  // The report was recorded before with other files: what was delivered now is another version of it.
  return (await append(`${report} ${sha256Hex(utf8(listed(subjects)))}`)).index;
}

/** Which files came with which; their names stay out of it. */
function arrivals({ files = [] }: DeliveredReport['manifest']) {
  const places = new Map(files.map(({ name }, place) => [name, place + 1]));
  const pairs = files.flatMap(({ arrivedWith }, place) => {
    const of = arrivedWith === undefined ? undefined : places.get(arrivedWith);
    return of === undefined ? [] : [[place + 1, of] as const];
  });
  return pairs.length === 0 ? {} : { arrivedWith: pairs };
}

function listed(subjects: readonly SubjectDigests[]): string {
  return canonicalJson(subjects.map(({ sha256, dropboxContentHash }) => [sha256 ?? null, dropboxContentHash ?? null]));
}

/** To the letter what this ledger gave, or could have given, for its entry. */
async function isReceiptOf(
  { log, trust }: Ledger,
  index: number,
  text: string,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const receipt = parseReceipt(utf8(text));
    const entry = await log.entry(index, signal);
    const stamped = receipt.timestamps.every(
      (stamp) => trustedTime(stamp, receipt.signature, trust.timestampChains) !== undefined,
    );
    const same = receipt.index === index && entry !== undefined && equalBytes(entry.envelope.payload, receipt.payload);
    return same && stamped && verifyReceipt(receipt, trust).holds && fromUtf8(encodeReceipt(receipt)) === text;
  } catch (error) {
    if (isDossierError(error, 'ledger-broken')) return false;
    throw error;
  }
}
