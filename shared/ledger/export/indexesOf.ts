import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import type { Ledger } from '../openLedger.ts';
import { parseStatement } from '../statement/statement.ts';

/** Places of the asset's statements, oldest first. `not-found` when the ledger does not know the asset. */
export async function indexesOf({ log }: Ledger, asset: string, signal?: AbortSignal): Promise<number[]> {
  // An id comes from a person's hand as well.
  const state = /^[a-z0-9-]{1,80}$/.test(asset) ? await log.asset(asset, signal) : undefined;
  if (!state) throw new DossierError('not-found', 'The ledger has no history of this file');
  const indexes: number[] = [];
  for (let index: number | undefined = state.lastIndex; index !== undefined; ) {
    const entry = await log.entry(index, signal);
    if (!entry || parseStatement(entry.envelope.payload).predicate.asset !== asset) {
      throw new DossierError(
        'ledger-broken',
        say`Entry ${index} of the ledger is missing from the history of its file`,
      );
    }
    indexes.push(index);
    if (entry.previous !== undefined && entry.previous >= index)
      throw new DossierError('ledger-broken', say`Entry ${index} of the ledger names an older one that is newer`);
    index = entry.previous;
  }
  return indexes.reverse();
}
