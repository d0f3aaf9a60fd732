import type { Occurrence, Recorded } from '../log/log.ts';
import type { LedgerEvent, SubjectDigests } from '../statement/statement.ts';

/** What a ledger holds of one event. */
export interface LedgerRecord {
  readonly asset: string;
  readonly event: LedgerEvent;
  readonly version: number;
  /** Place in the ledger, where it has an order of its own. */
  readonly index: number;
  readonly subjects: readonly SubjectDigests[];
  /** Milliseconds since 1970 UTC. */
  readonly observedAt: number;
}

/**
 * One ledger, of whatever kind. Obligations, each proved by `ledgerSuite` on every implementation:
 * - what `append` acknowledged is found by `newest`, `history` and `find`, also by another process;
 * - the same occasion of an event of an asset is recorded once, also after a crash or a lost answer at any point;
 * - a content is a new version: `Register` is 1, each `Publish` one more, all other events keep the number;
 * - no name and no path leaves the machine;
 * - pressure of the other side (`rate-limited`, `quota-exceeded`) rejects with what it asked to wait; nothing is lost
 * or doubled by trying again.
 */
export interface LedgerService {
  readonly kind: 'embedded' | 'datatrails' | 'rekor';
  /** In order; resolves when all are durable. Safe to repeat. */
  append(occurrences: readonly Occurrence[], signal?: AbortSignal): Promise<Recorded[]>;
  /** What last happened to the file of an asset; who held it (`isCustody`) does not count. */
  newest(asset: string, signal?: AbortSignal): Promise<LedgerRecord | undefined>;
  /** All events of an asset, oldest first. */
  history(asset: string, signal?: AbortSignal): Promise<LedgerRecord[]>;
  /** What is known of a content, oldest first: who has any of these digests. */
  find(digests: SubjectDigests, signal?: AbortSignal): Promise<LedgerRecord[]>;
}
