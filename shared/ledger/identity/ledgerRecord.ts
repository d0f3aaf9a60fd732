import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord, parseJsonBytes } from '../../core/json.ts';
import { parseStatementPublicKey } from '../signing/signingKeys.ts';
import type { PublicKeys } from './trust.ts';

/** Keys that a ledger had, up to the entry that says so. */
export interface FormerKeys extends PublicKeys {
  readonly index: number;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
}

/**
 * What a ledger that has changed its keys must remember of those it had: all that followed from the first Dossier key.
 */
export interface KeptName {
  readonly origin: string;
  /** Turns file identities into asset ids: files keep their ids. */
  readonly assets: Uint8Array;
  /** Fingerprint of the statement key that signs now. */
  readonly statement: string;
  /** Oldest first. */
  readonly former: readonly FormerKeys[];
}

/**
 * The record that names a ledger. Its keys follow from every byte of it: whatever is changed in it, the log is another
 * and does not fit what is stored.
 */
export interface LedgerName {
  readonly text: string;
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly since: number;
  readonly kept?: KeptName;
}

export function encodeLedgerName({ id, since, kept }: Omit<LedgerName, 'text'>): Uint8Array {
  const keys = kept && {
    origin: kept.origin,
    assets: toHex(kept.assets),
    statement: kept.statement,
    former: kept.former.map(({ log, statement, index, at }) => ({
      log: toBase64(log),
      statement: toBase64(statement),
      index,
      at,
    })),
  };
  return utf8(JSON.stringify({ id, since, ...keys }));
}

/** `ledger-broken` when it is not such a record. */
export function parseLedgerName(bytes: Uint8Array): LedgerName {
  const damaged = () => new DossierError('ledger-broken', 'The name of the ledger is damaged');
  const value = parseJsonBytes(bytes, 'ledger-broken', 'The name of the ledger');
  if (!isRecord(value) || typeof value['id'] !== 'string' || typeof value['since'] !== 'number') throw damaged();
  const { id, since, origin, assets, statement, former } = value;
  const name = { text: fromUtf8(bytes), id, since };
  if (former === undefined) return name;
  if (
    typeof origin !== 'string' ||
    typeof assets !== 'string' ||
    typeof statement !== 'string' ||
    !Array.isArray(former)
  )
    throw damaged();
  try {
    return { ...name, kept: { origin, assets: fromHex(assets), statement, former: former.map(parseFormer) } };
  } catch (error) {
    if (isDossierError(error)) throw damaged();
    throw error;
  }
}

function parseFormer(value: unknown): FormerKeys {
  const { log, statement, index, at } = isRecord(value) ? value : {};
  if (typeof log !== 'string' || typeof statement !== 'string' || typeof index !== 'number' || typeof at !== 'number')
    throw new DossierError('ledger-broken');
  const keys = { log: fromBase64(log), statement: fromBase64(statement) };
  parseStatementPublicKey(keys.statement);
  return { ...keys, index, at };
}
