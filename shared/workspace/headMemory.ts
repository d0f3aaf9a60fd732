import type { Ledger } from '../ledger/openLedger.ts';

/**
 * The newest signed head of each ledger, kept by the host and so apart from the store: an older copy of the store that
 * somebody brings back is noticed by it.
 */
export interface HeadMemory {
  /** Signed notes of the heads that were seen of a log. */
  seen(origin: string): Promise<readonly string[]>;
  /** Told of every head that the ledger shows; stores what is new. */
  remember(origin: string, note: string): void | Promise<void>;
}

/** The same ledger; whatever head it shows from now on is remembered. */
export function withHeadMemory(ledger: Ledger, memory: HeadMemory): Ledger {
  const { log } = ledger;
  const head: typeof log.head = async (signal) => {
    const newest = await log.head(signal);
    if (newest) await memory.remember(log.identity.origin, newest.note);
    return newest;
  };
  return { ...ledger, log: { ...log, head } };
}
