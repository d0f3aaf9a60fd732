import { type CustodyRow, custodyRows, isCustody, type Ledger, type Verdict } from '../../../../shared/index.ts';

/** Who held a file, by the entry that says so: what the owner's own ledger can still show of it. */
export type Custody = ReadonlyMap<number, CustodyRow>;

/** Of all assets that a verdict is about; empty where no custody was recorded. */
export async function custodyOf(ledger: Ledger, verdict: Verdict, signal?: AbortSignal): Promise<Custody> {
  if (verdict.answer === 'unknown') return new Map();
  const histories = verdict.answer === 'known' ? verdict.versions : [verdict];
  const assets = new Set(
    histories
      .filter(({ history }) => history.some(({ predicate }) => isCustody(predicate.event)))
      .map(({ asset }) => asset),
  );
  const rows = await Promise.all([...assets].map((asset) => custodyRows(ledger, asset, undefined, signal)));
  return new Map(rows.flat().map((row) => [row.index, row]));
}
