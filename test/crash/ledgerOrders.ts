import { logKeyFromSeed, statementKeyFromSeed } from '../../shared/ledger/signing/signingKeys.ts';
import { seededBytes } from '../support/seeded.ts';

/** What the writer of a ledger is told, as its one argument. */
export interface Orders {
  /** The SQLite file. */
  readonly path: string;
  /** The first occasion to record. */
  readonly from: number;
  readonly appends: number;
  /** Occasions in each. */
  readonly perAppend: number;
  /** Where it ends its own process. */
  readonly death?: Death;
}

/**
 * At the nth commit of a kind: before it, with everything written but not committed, or with it on disk and nobody
 * told.
 */
export interface Death {
  readonly commit: 'batch' | 'signature';
  readonly when: 'before' | 'within' | 'after';
  readonly nth: number;
}

/** A line of what the writer tells. */
export type Told =
  | { readonly ready: true }
  /** The text of a checkpoint, a moment before it is signed. */
  | { readonly signed: string }
  | { readonly recorded: readonly Acknowledged[] };

export interface Acknowledged {
  readonly occasion: number;
  readonly entry: number;
}

export const killLogOptions = {
  ledger: 'main',
  origin: 'kill.dossier.example',
  logKey: logKeyFromSeed(seededBytes(32, 'kill log')),
  statementKey: statementKeyFromSeed(seededBytes(32, 'kill statement')),
};
