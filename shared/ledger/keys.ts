import { toHex } from '../core/bytes.ts';
import { sha256 } from '../core/hashing.ts';
import { deriveSecret, type DossierKey } from '../vault/key.ts';
import { type LogKey, logKeyFromSeed, type StatementKey, statementKeyFromSeed } from './signingKeys.ts';

/** What a user's one key gives to a ledger. */
export interface LedgerKeys {
  readonly log: LogKey;
  readonly statement: StatementKey;
  /** Turns file identities into asset ids. */
  readonly assets: Uint8Array;
  /** Name of the log in its checkpoints. Follows from the key, so that every host of one user writes to the same log. */
  readonly origin: string;
}

/**
 * The origin is a host name without a path because Sigstore verifiers look a log up by the host of its address. Nothing needs to answer there.
 */
export function ledgerKeys(key: DossierKey): LedgerKeys {
  const log = logKeyFromSeed(deriveSecret(key, 'log'));
  return {
    log,
    statement: statementKeyFromSeed(deriveSecret(key, 'statement')),
    assets: deriveSecret(key, 'asset-id'),
    origin: `${toHex(sha256(log.publicKey)).slice(0, 32)}.dossier-reports.github.io`,
  };
}
