import { fromUtf8, utf8 } from '../../../shared/core/bytes.ts';
import { DossierError } from '../../../shared/core/errors.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import { isRecord, parseJson } from '../../../shared/core/json.ts';

/** What one commit wrote: the new version of its keys, and each value in base64; null removes. */
export interface Batch {
  readonly version: number;
  readonly changes: readonly (readonly [key: string, value: string | null])[];
}

/** An epoch that was adopted, and the position of its last record that was. */
export type Adopted = readonly [epoch: number, position: number];

/** Record 0 of an epoch: everything that was committed before it. */
export interface Opening {
  readonly kind: 'opening';
  readonly epoch: number;
  /** Until when others leave the epoch to its holder, milliseconds since 1970 UTC. */
  readonly until: number;
  /** The latest adopted epochs, newest last. */
  readonly lineage: readonly Adopted[];
  /** Name and SHA-256 of the snapshot that the tail continues. */
  readonly snapshot?: { readonly name: string; readonly sha256: string };
  /** All commits since the snapshot. */
  readonly tail: readonly Batch[];
}

/** Records 1, 2… of an epoch: one commit each. */
export interface Append {
  readonly kind: 'append';
  readonly epoch: number;
  readonly position: number;
  readonly until: number;
  readonly batch: Batch;
}

/** The last record of an epoch whose holder is done with it. */
export interface Release {
  readonly kind: 'release';
  readonly epoch: number;
  readonly position: number;
}

export type EpochRecord = Opening | Append | Release;

/** All records at one moment. */
export interface Snapshot {
  readonly kind: 'snapshot';
  readonly records: readonly (readonly [key: string, version: number, value: string])[];
}

const schema = 1;

/** A digest of the rest stands first, so that no damage goes unnoticed. */
export function encodeRecord(record: EpochRecord | Snapshot): Uint8Array {
  const body = JSON.stringify({ schema, ...record });
  return utf8(`${sha256Hex(utf8(body))}\n${body}\n`);
}

/** `state-corrupt` when a bit is wrong or missing, `unsupported` when a newer version of Dossier wrote it. */
export function decodeRecord<K extends (EpochRecord | Snapshot)['kind']>(
  bytes: Uint8Array,
  path: string,
  ...kinds: readonly K[]
): Extract<EpochRecord | Snapshot, { kind: K }> {
  const damaged = (cause?: unknown) =>
    new DossierError('state-corrupt', `The record ${path} is damaged`, {
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
  const value = parseJson(body, 'state-corrupt', `The record ${path}`);
  if (!isRecord(value)) throw damaged();
  if (value.schema !== schema)
    throw new DossierError(
      'unsupported',
      `The record ${path} was written by a newer version of Dossier: update this one`,
      { path },
    );
  if (!kinds.includes(value.kind as K)) throw damaged();
  return value as unknown as Extract<EpochRecord | Snapshot, { kind: K }>;
}
