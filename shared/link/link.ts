import { DossierError } from '../core/errors.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import { type DrivePath, parsePath } from '../core/paths.ts';
import type { EntryRef } from '../drive/entry.ts';
import type { StateRecord } from '../state/state.ts';

export const hashPolicies = ['provider', 'download', 'providerThenDownload'] as const;
/**
 * `provider`: the hash that the service computed, no download; `download`: every content is read and hashed, never
 * stored; the third does both, in this order.
 */
export type HashPolicy = (typeof hashPolicies)[number];

export const privacies = ['public', 'private'] as const;
/** `private`: the statements stay with the owner, others see leaves that say nothing. */
export type Privacy = (typeof privacies)[number];

/** A folder that is bound to a ledger. */
export interface Link {
  /**
   * Follows from folder and ledger: whoever links them again, anywhere, continues this one. Lower-case hexadecimal and
   * dashes.
   */
  readonly id: string;
  readonly connection: string;
  /** Drive kind and account of the connection. */
  readonly kind: string;
  readonly account: string;
  readonly folder: EntryRef;
  readonly ledger: string;
  readonly hashPolicy: HashPolicy;
  readonly privacy: Privacy;
  /** Milliseconds since 1970 UTC. */
  readonly linkedAt: number;
  readonly unlinkedAt?: number;
  /** Counts how often it was linked. */
  readonly generation: number;
}

export const linksPrefix = 'links/';

export function linkKeys(id: string) {
  const base = `link/${id}`;
  return {
    link: `${linksPrefix}${id}`,
    position: `${base}/position`,
    files: `${base}/file/`,
    file: (asset: string) => `${base}/file/${asset}`,
  };
}

export function isActive({ unlinkedAt }: Link): boolean {
  return unlinkedAt === undefined;
}

/** A link as it was stored; `state-corrupt` when it is none. */
export function parseLink(record: StateRecord): Link {
  const value = parseJsonBytes(record.value, 'state-corrupt', 'A linked folder');
  if (!isRecord(value)) throw damaged();
  const { id, connection, kind, account, folder, ledger, hashPolicy, privacy, linkedAt, unlinkedAt, generation } =
    value;
  const texts = { id, connection, kind, account, ledger };
  if (
    Object.values(texts).some((text) => typeof text !== 'string') ||
    !isRecord(folder) ||
    typeof folder['path'] !== 'string' ||
    !folder['path'].startsWith('/')
  )
    throw damaged();
  if (!hashPolicies.includes(hashPolicy as HashPolicy) || !privacies.includes(privacy as Privacy)) throw damaged();
  if (typeof linkedAt !== 'number' || typeof generation !== 'number') throw damaged();
  const path: DrivePath = parsePath(folder['path']);
  return {
    ...(texts as Record<keyof typeof texts, string>),
    folder: { path, ...(typeof folder['id'] === 'string' ? { id: folder['id'] } : {}) },
    hashPolicy: hashPolicy as HashPolicy,
    privacy: privacy as Privacy,
    linkedAt,
    generation,
    ...(typeof unlinkedAt === 'number' ? { unlinkedAt } : {}),
  };
}

function damaged(): DossierError {
  return new DossierError('state-corrupt', 'The record of a linked folder is damaged');
}
