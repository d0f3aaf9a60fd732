import type { Json } from '../../core/json.ts';
import type { StateStore } from '../../state/state.ts';
import { type Disclosure, type MaskedClaim, openDisclosure } from '../statement/mask.ts';
import { parseStatement } from '../statement/statement.ts';
import type { LogEntry } from './records.ts';
import * as records from './records.ts';

/** A ledger whose hidden claims are the user's to show or to erase. */
export interface DisclosureSource {
  readonly store: StateStore;
  /** Name of the ledger within the store. */
  readonly ledger: string;
}

/** What an entry hides and can still be shown, by claim. */
export async function listDisclosures(
  { store, ledger }: DisclosureSource,
  index: number,
  signal?: AbortSignal,
): Promise<Readonly<Partial<Record<MaskedClaim, Disclosure>>>> {
  const record = await store.get(records.logKeys(ledger).salt(index), signal);
  return record ? records.decodeSalts(record) : {};
}

/** What a disclosure that somebody was given says about an entry; `integrity-mismatch` when it is not of that entry. */
export function verifyDisclosure(
  { envelope }: LogEntry,
  disclosure: Disclosure,
): { readonly claim: string; readonly value: Json } {
  return openDisclosure(disclosure, parseStatement(envelope.payload).predicate._sd);
}

/**
 * Erases one claim for good, or all of an entry: without its salt nobody can show it any more, and the log stays whole.
 * Safe to repeat.
 */
export async function eraseDisclosures(
  { store, ledger }: DisclosureSource,
  index: number,
  claim?: MaskedClaim,
  signal?: AbortSignal,
): Promise<void> {
  const record = await store.get(records.logKeys(ledger).salt(index), signal);
  if (!record) return;
  const kept = Object.fromEntries(
    Object.entries(records.decodeSalts(record)).filter(([name]) => claim !== undefined && name !== claim),
  );
  await store.commit([records.put(record.key, record, records.encodeSalts(kept))], signal);
}
