import { createHmac } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/hashing.ts';
import { type DossierKey, deriveSecret } from '../../vault/key.ts';
import { type LogKey, logKeyFromSeed, type StatementKey, statementKeyFromSeed } from './signingKeys.ts';

/** What a user's one key gives to a ledger. */
export interface LedgerKeys {
  readonly log: LogKey;
  readonly statement: StatementKey;
  /** Turns file identities into asset ids. */
  readonly assets: Uint8Array;
  /** Name of the log in its checkpoints. */
  readonly origin: string;
}

/**
 * The statement key says who speaks and is one for all ledgers of a user. Log key and origin are the ledger's own, so
 * that two ledgers can never be taken for two histories of one. The origin is a host name without a path because
 * Sigstore verifiers look a log up by the host of its address; nothing needs to answer there.
 */
export function ledgerKeys(key: DossierKey, ledger: string): LedgerKeys {
  const log = logKeyFromSeed(
    new Uint8Array(createHmac('sha256', deriveSecret(key, 'log')).update(utf8(ledger)).digest()),
  );
  return {
    log,
    statement: statementKeyFromSeed(deriveSecret(key, 'statement')),
    assets: deriveSecret(key, 'asset-id'),
    origin: `${toHex(sha256(log.publicKey)).slice(0, 32)}.dossier-reports.github.io`,
  };
}
