import { utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import type { ExportFile } from '../../core/zip.ts';
import { encodeTrustedRoot } from '../identity/trust.ts';
import { listDisclosures, verifyDisclosure } from '../log/disclosures.ts';
import { type Ledger, ledgerName } from '../openLedger.ts';
import { encodeReceipt } from '../receipt/receipt.ts';
import { encodeTlogProof } from '../receipt/tlogProof.ts';
import { keyFingerprint, statementKeyPem } from '../signing/signingKeys.ts';
import type { MaskedClaim } from '../statement/mask.ts';
import { parseStatement } from '../statement/statement.ts';
import { trustedTime } from '../timestamp/timestamp.ts';
import { receiptOf } from '../timestampStore.ts';
import { type CustodyRow, custodyRow, custodySection, custodyTable, hasCustody } from './custodyTable.ts';
import {
  type HistoryPageItem,
  type HistoryPageRotation,
  historyPageEnd,
  historyPageHead,
  historyPageItem,
} from './historyPage.ts';
import { indexesOf } from './indexesOf.ts';

export interface HistoryRequest {
  /** See `KnownVersion.asset`. */
  readonly asset: string;
  /**
   * Hidden claims that whoever gets the export may see, in every statement that still has them; none where it is not
   * given.
   */
  readonly disclose?: readonly MaskedClaim[];
}

/**
 * The whole history of one asset as files that stand for themselves: a Sigstore bundle and a tlog-proof for each
 * statement, the claims that were chosen to be shown, the trusted root, the statement keys, and a page with the exact
 * cosign command for each version; where custody was recorded, its chronological table too, on the page and as CSV and
 * text. Made one file at a time, for `zipOf` or
 * `placeExport`; the order and the names are always the same, the page comes last. Nothing of other assets is in it.
 * Codes: `not-found` when the ledger does not know the asset, those of the log and its store. Safe to repeat.
 */
export async function* exportHistory(
  ledger: Ledger,
  { asset, disclose = [] }: HistoryRequest,
  signal?: AbortSignal,
): AsyncIterable<ExportFile> {
  const { log, trust, since } = ledger;
  const indexes = await indexesOf(ledger, asset, signal);
  const digits = Math.max(3, String(indexes.length).length);
  const disclosures: Record<string, Partial<Record<MaskedClaim, string>>> = {};
  const keys = new Map(
    trust.statementKeys.map((key, at) => [
      keyFingerprint(key),
      at === 0 ? 'statement-key.pem' : `statement-key-${at + 1}.pem`,
    ]),
  );
  yield { path: 'trusted_root.json', bytes: encodeTrustedRoot(trust, since) };
  for (const key of trust.statementKeys)
    yield { path: keys.get(keyFingerprint(key))!, bytes: utf8(statementKeyPem(key)) };
  const rotations: HistoryPageRotation[] = [];
  for (const [at, { index, former, next }] of (trust.rotations ?? []).entries()) {
    const rotation: HistoryPageRotation = {
      index,
      key: keys.get(keyFingerprint(former.statement))!,
      bundle: `rotations/${at + 1}.sigstore.json`,
      next: `rotations/${at + 1}.next-key.der`,
      fingerprint: keyFingerprint(next.statement),
    };
    rotations.push(rotation);
    yield { path: rotation.bundle, bytes: encodeReceipt(await receiptOf(ledger, index, signal)) };
    yield { path: rotation.next, bytes: next.statement };
  }
  const rows: CustodyRow[] = [];
  const page: string[] = [
    historyPageHead({
      asset,
      origin: log.identity.origin,
      rotations,
    }),
  ];
  for (const [at, index] of indexes.entries()) {
    const receipt = await receiptOf(ledger, index, signal);
    const entry = (await log.entry(index, signal))!;
    const statement = parseStatement(entry.envelope.payload);
    const base = `${String(at + 1).padStart(digits, '0')}-${statement.predicate.event}`;
    const bundle = `statements/${base}.sigstore.json`;
    const proof = `proofs/${base}.tlog-proof`;
    const shown = chosen(await listDisclosures({ store: ledger.store, ledger: ledgerName }, index, signal), disclose);
    if (shown.length > 0) disclosures[bundle] = Object.fromEntries(shown);
    const stampedAt = receipt.timestamps
      .map((stamp) => trustedTime(stamp, receipt.signature, trust.timestampChains))
      .find((time) => time !== undefined);
    const item: HistoryPageItem = {
      index,
      statement,
      bundle,
      proof,
      key: keys.get(receipt.keyHint) ?? unknownKey(index),
      fingerprint: receipt.keyHint,
      disclosed: shown.map(([, disclosure]) => ({ ...verifyDisclosure(entry, disclosure), disclosure })),
      ...(stampedAt === undefined ? {} : { stampedAt }),
    };
    page.push(historyPageItem(item));
    rows.push(custodyRow(index, statement, item.disclosed));
    yield { path: bundle, bytes: encodeReceipt(receipt) };
    yield { path: proof, bytes: encodeTlogProof(receipt) };
  }
  const disclosing = Object.keys(disclosures).length > 0;
  if (disclosing) yield { path: 'disclosures.json', bytes: utf8(`${JSON.stringify(disclosures, null, 2)}\n`) };
  if (hasCustody(rows)) {
    yield { path: 'custody.csv', bytes: utf8(custodyTable(asset, rows, 'csv')) };
    yield { path: 'custody.txt', bytes: utf8(custodyTable(asset, rows, 'txt')) };
    page.push(custodySection(rows));
  }
  page.push(historyPageEnd(disclosing));
  yield { path: 'index.html', bytes: utf8(page.join('')) };
}

function unknownKey(index: number): never {
  throw new DossierError('ledger-broken', say`Entry ${index} was not signed with a key of this ledger`);
}

function chosen(
  hidden: Readonly<Partial<Record<MaskedClaim, string>>>,
  disclose: readonly MaskedClaim[],
): [MaskedClaim, string][] {
  return disclose.flatMap((claim) =>
    hidden[claim] === undefined ? [] : [[claim, hidden[claim]] as [MaskedClaim, string]],
  );
}
