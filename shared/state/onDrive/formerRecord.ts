import { fromUtf8, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';

/*
 * Format 1 of a store, which is read and never written any more: each epoch opens with the commits since a snapshot of
 * everything, all as JSON, keys for everybody to read.
 */

/** What one commit wrote: the new version of its keys, and each value in base64; null removes. */
export interface FormerBatch {
  readonly version: number;
  readonly changes: readonly (readonly [key: string, value: string | null])[];
}

interface Opening {
  readonly kind: 'opening';
  /** Name and SHA-256 of the snapshot that the tail continues. */
  readonly snapshot?: { readonly name: string; readonly sha256: string };
  /** All commits since the snapshot. */
  readonly tail: readonly FormerBatch[];
}

interface Append {
  readonly kind: 'append';
  readonly batch: FormerBatch;
}

interface Release {
  readonly kind: 'release';
}

export type FormerRecord = Opening | Append | Release;

/** A digest of the rest stands first, so that no damage goes unnoticed. */
export function frameFormer(body: string): Uint8Array {
  return utf8(`${sha256Hex(utf8(body))}\n${body}\n`);
}

/** `state-corrupt` when a bit is wrong or missing. */
export function decodeFormer<K extends FormerRecord['kind']>(
  bytes: Uint8Array,
  path: string,
  ...kinds: readonly K[]
): Extract<FormerRecord, { kind: K }> {
  const damaged = (cause?: unknown) =>
    new DossierError('state-corrupt', say`The record ${path} is damaged`, {
      path,
      ...(cause === undefined ? {} : { cause }),
    });
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw damaged(cause);
  }
  const body = text.slice(65, -1);
  if (text.length < 66 || !text.endsWith('\n') || text.slice(0, 65) !== `${sha256Hex(utf8(body))}\n`) throw damaged();
  const value = parseJson(body, 'state-corrupt', say`The record ${path}`);
  if (!isRecord(value) || value.schema !== 1 || !kinds.includes(value.kind as K)) throw damaged();
  return value as unknown as Extract<FormerRecord, { kind: K }>;
}
