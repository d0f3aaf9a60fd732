import { type Report } from '../../shared/index.ts';
import type { Address } from './killAddress.ts';
import type { KillPoint } from './killPoints.ts';

/** What a sending process is told. Plain JSON. */
export interface SenderOrder {
  readonly address: Address;
  /** The folder of this case at the destination. */
  readonly folder: string;
  /** An SQLite file, or else the destination holds the records. */
  readonly sqlite?: string;
  readonly report: string;
  /**
   * Instead of a report in the records: sent by its key alone, by processes that share nothing but the destination.
   */
  readonly keyed?: Report;
  readonly trace: string;
  readonly kill?: KillPoint;
}

/** Short, so that whoever is started after a kill need not wait long. */
export const leaseMs = 300;
export const holdMs = 200;
