import { concatBytes, fromUtf8, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../segments/manifest.ts';
import { createReader, decodeRows, encodeNumber, encodeRows, type Row } from '../segments/rows.ts';

/** An epoch that was adopted, and the position of its last record that was. */
export type Adopted = readonly [epoch: number, position: number];

/** Record 0 of an epoch: everything that was committed before it, and the first commit of its holder. */
export interface Opening {
  readonly kind: 'opening';
  readonly epoch: number;
  readonly position: 0;
  /** Until when others leave the epoch to its holder, milliseconds since 1970 UTC. */
  readonly until: number;
  /** The latest adopted epochs, newest last. */
  readonly lineage: readonly Adopted[];
  /** Epochs of the store of format 1 that this one goes on from: versions go on behind theirs. */
  readonly base: number;
  /** How often segments that nobody named were given up, see `applyEdit`. */
  readonly sweeps: number;
  /** Since when files of format 1 have been of no use; absent when there are none. */
  readonly formerSince?: number | undefined;
  readonly manifest: Manifest;
  /** What is newer than the segments. */
  readonly rows: readonly Row[];
}

/** Records 1, 2… of an epoch: one commit each. */
export interface Append {
  readonly kind: 'append';
  readonly epoch: number;
  readonly position: number;
  readonly until: number;
  readonly rows: readonly Row[];
}

export type EpochRecord = Opening | Append;

export function encodeRecord(record: EpochRecord): Uint8Array {
  const { rows, ...rest } = record;
  const { manifest, ...fields } = { manifest: undefined, ...rest };
  const head = utf8(JSON.stringify(fields));
  const segments = manifest ? encodeManifest(manifest) : new Uint8Array();
  return concatBytes([
    Uint8Array.from(encodeNumber(head.length)),
    head,
    Uint8Array.from(encodeNumber(segments.length)),
    segments,
    encodeRows(rows),
  ]);
}

/** `state-corrupt` unless it is that record of that epoch. */
export function decodeRecord(bytes: Uint8Array, path: string, epoch: number, position: number): EpochRecord {
  const reader = createReader(bytes);
  const head = parseJson(fromUtf8(reader.bytes(reader.number())), 'state-corrupt', say`The record ${path}`);
  const segments = reader.bytes(reader.number());
  const kind = position === 0 ? 'opening' : 'append';
  if (!isRecord(head) || head.kind !== kind || head.epoch !== epoch || head.position !== position)
    throw new DossierError('state-corrupt', say`The record ${path} belongs somewhere else`, { path });
  const rows = decodeRows(reader.rest());
  return {
    ...head,
    ...(kind === 'opening' ? { manifest: decodeManifest(segments) } : {}),
    rows,
  } as unknown as EpochRecord;
}
