import type { Clock } from '../core/ports.ts';
import type { Drive } from '../drive/drive.ts';
import type { LedgerService } from '../ledger/backends/backend.ts';
import type { LinkStore } from './linkStore.ts';
import type { Links } from './links.ts';

/** One link, and what it takes to work on it. */
export interface LinkWork {
  readonly id: string;
  readonly links: Links;
  readonly states: LinkStore;
  readonly drive: Drive;
  readonly ledger: LedgerService;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}
