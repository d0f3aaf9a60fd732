import { utf8 } from '../../core/bytes.ts';
import type { ExportFile } from '../../core/zip.ts';
import { encodeTrustedRoot } from '../identity/trust.ts';
import type { Ledger } from '../openLedger.ts';
import { encodeReceipt } from '../receipt/receipt.ts';
import { statementKeyPem } from '../signing/signingKeys.ts';
import type { SubjectDigests } from '../statement/statement.ts';
import { receiptOf } from '../timestampStore.ts';
import { verifyInLedger } from '../verify/verify.ts';

/** What goes along with files so that anybody can check them without the ledger. */
export interface ReceiptsOfFiles {
  /** The newest receipt for a content; undefined where the ledger knows nothing of it. */
  receiptOf(file: { readonly digests: SubjectDigests }): Promise<Uint8Array | undefined>;
  /** What the receipts are checked by: the trusted root and the statement keys, below `ledger/`. */
  beside: AsyncIterable<ExportFile>;
}

/** The receipts that a ledger has for files, whatever they are called now. Codes: those of the log and its store. */
export function receiptsOfFiles(ledger: Ledger, signal?: AbortSignal): ReceiptsOfFiles {
  return {
    async receiptOf({ digests: { sha256, dropboxContentHash } }) {
      const digests: SubjectDigests = {
        ...(sha256 !== undefined && { sha256 }),
        ...(dropboxContentHash !== undefined && { dropboxContentHash }),
      };
      const verdict = await verifyInLedger(ledger, { digests }, signal);
      if (verdict.answer !== 'known') return undefined;
      const newest = Math.max(...verdict.versions.map(({ index }) => index));
      return encodeReceipt(await receiptOf(ledger, newest, signal));
    },
    beside: trustOf(ledger),
  };
}

async function* trustOf({ trust, since }: Ledger): AsyncIterable<ExportFile> {
  yield { path: 'ledger/trusted_root.json', bytes: encodeTrustedRoot(trust, since) };
  for (const [at, key] of trust.statementKeys.entries())
    yield { path: `ledger/statement-key${at === 0 ? '' : `-${at + 1}`}.pem`, bytes: utf8(statementKeyPem(key)) };
}
