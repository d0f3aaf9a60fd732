import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8Lossy,
  toBase64,
  toHex,
  utf8,
} from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord, parseJsonBytes } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import type { StateChange, StateRecord } from '../../state/state.ts';
import type { Envelope } from '../signing/envelope.ts';
import type { Disclosure, MaskedClaim } from '../statement/mask.ts';
import type { LedgerEvent, SubjectDigests } from '../statement/statement.ts';
import { type CompactRange, parseCompactRange } from './merkle.ts';

/** Keys of a ledger's records in a state store. */
export interface LogKeys {
  /** Beginning of all of them. */
  readonly all: string;
  /** Name of the ledger, see `openLedger`. */
  readonly id: string;
  readonly head: string;
  entry(index: number): string;
  readonly entries: string;
  salt(index: number): string;
  tile(level: number, index: number): string;
  seen(dedupe: string): string;
  asset(asset: string): string;
  readonly assets: string;
  digest(digest: string, index: number): string;
  digests(digest: string): string;
}

const number = (index: number) => String(index).padStart(12, '0');

export function logKeys(ledger: string): LogKeys {
  const base = `ledger/${ledger}`;
  return {
    all: `${base}/`,
    id: `${base}/id`,
    head: `${base}/head`,
    entry: (index) => `${base}/entry/${number(index)}`,
    entries: `${base}/entry/`,
    salt: (index) => `${base}/salt/${number(index)}`,
    tile: (level, index) => `${base}/tile/${level}/${number(index)}`,
    seen: (dedupe) => `${base}/seen/${dedupe}`,
    asset: (asset) => `${base}/asset/${asset}`,
    assets: `${base}/asset/`,
    digest: (digest, index) => `${base}/digest/${digest}/${number(index)}`,
    digests: (digest) => `${base}/digest/${digest}/`,
  };
}

/** How far the log has come. `signed` lags behind `tree` only between taking in a batch and signing it. */
export interface LogHead {
  readonly origin: string;
  readonly tree: CompactRange;
  /** Signed note over the largest tree ever signed; absent before the first. */
  readonly note?: string;
  readonly signedSize: number;
  /** How often the log has changed its keys: a process that holds older ones stops. */
  readonly generation?: number;
}

export interface LogEntry {
  readonly envelope: Envelope;
  /** Hash of what tells this occurrence from others: whoever records it again is led here. */
  readonly occasion: string;
  /** Index of the asset's previous entry. */
  readonly previous?: number;
}

/** Where an asset stands: its newest statement. */
export interface AssetState {
  readonly version: number;
  readonly lastIndex: number;
  /** Hexadecimal. */
  readonly lastLeaf: string;
}

export function encodeHead({ origin, tree, note, signedSize, generation }: LogHead): Uint8Array {
  return utf8(JSON.stringify({ origin, size: tree.size, edge: tree.hashes.map(toHex), note, signedSize, generation }));
}

export function decodeHead(record: StateRecord): LogHead {
  const value = parse(record);
  const { origin, size, edge, note, signedSize, generation } = value;
  if (
    typeof origin !== 'string' ||
    typeof size !== 'number' ||
    !Array.isArray(edge) ||
    typeof signedSize !== 'number' ||
    signedSize > size
  )
    throw damaged(record);
  const tree = parseCompactRange(
    size,
    edge.map((hash) => fromHex(String(hash))),
  );
  return {
    origin,
    tree,
    signedSize,
    ...(typeof note === 'string' ? { note } : {}),
    ...(typeof generation === 'number' ? { generation } : {}),
  };
}

/** Begins what is written in bytes; entries of before are JSON, and begin with a brace. */
const entryForm = 1;
const occasionLength = 32;
const longestPayload = 2 ** 24 - 1;

/**
 * The form's number, the length of the payload (24 bits), of the signature and of the public key (16 bits each), these
 * three, the occasion, and in decimal digits the previous entry's index, if there is one.
 */
export function encodeEntry({ envelope, occasion, previous }: LogEntry): Uint8Array {
  const { payload, signature, publicKey } = envelope;
  if (!/^[0-9a-f]{64}$/.test(occasion) || payload.length > longestPayload)
    return encodeFormerEntry({ envelope, occasion, ...(previous === undefined ? {} : { previous }) });
  const lengths = [payload.length >> 16, payload.length >> 8, payload.length, signature.length >> 8, signature.length];
  return concatBytes([
    Uint8Array.from([entryForm, ...lengths, publicKey.length >> 8, publicKey.length]),
    payload,
    signature,
    publicKey,
    fromHex(occasion),
    utf8(previous === undefined ? '' : String(previous)),
  ]);
}

/** The form of before. */
export function encodeFormerEntry({ envelope, occasion, previous }: LogEntry): Uint8Array {
  const { payload, signature, publicKey } = envelope;
  return utf8(
    `{"payload":"${toBase64(payload)}","signature":"${toBase64(signature)}","publicKey":"${toBase64(publicKey)}","occasion":"${occasion}"` +
      (previous === undefined ? '}' : `,"previous":${previous}}`),
  );
}

/** Whether an entry is written as Dossier writes entries, or once did. */
export function isAsWritten(bytes: Uint8Array, entry: LogEntry): boolean {
  return equalBytes(bytes, encodeEntry(entry)) || equalBytes(bytes, encodeFormerEntry(entry));
}

export function decodeEntry(record: StateRecord): LogEntry {
  if (record.value[0] === entryForm) return decodeEntryBytes(record);
  const { payload, signature, publicKey, occasion, previous } = parse(record);
  if (
    typeof payload !== 'string' ||
    typeof signature !== 'string' ||
    typeof publicKey !== 'string' ||
    typeof occasion !== 'string'
  )
    throw damaged(record);
  const envelope = { payload: fromBase64(payload), signature: fromBase64(signature), publicKey: fromBase64(publicKey) };
  return { envelope, occasion, ...(typeof previous === 'number' ? { previous } : {}) };
}

function decodeEntryBytes(record: StateRecord): LogEntry {
  const bytes = record.value;
  let at = 1;
  const number = (length: number): number => {
    let value = 0;
    for (let left = length; left > 0; left--) value = value * 256 + (bytes[at++] ?? 0);
    return value;
  };
  const lengths = [number(3), number(2), number(2)];
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw damaged(record);
    at += length;
    return bytes.slice(at - length, at);
  };
  const [payload, signature, publicKey, occasion] = [...lengths, occasionLength].map(take) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const digits = fromUtf8Lossy(bytes.subarray(at));
  if (!/^(?:0|[1-9]\d{0,14})?$/.test(digits)) throw damaged(record);
  return {
    envelope: { payload, signature, publicKey },
    occasion: toHex(occasion),
    ...(digits === '' ? {} : { previous: Number(digits) }),
  };
}

export function encodeAsset(state: AssetState): Uint8Array {
  return utf8(JSON.stringify(state));
}

export function decodeAsset(record: StateRecord): AssetState {
  const { version, lastIndex, lastLeaf } = parse(record);
  if (typeof version !== 'number' || typeof lastIndex !== 'number' || typeof lastLeaf !== 'string')
    throw damaged(record);
  return { version, lastIndex, lastLeaf };
}

export function encodeSalts(disclosures: Readonly<Partial<Record<MaskedClaim, Disclosure>>>): Uint8Array {
  return utf8(JSON.stringify(disclosures));
}

export function decodeSalts(record: StateRecord): Partial<Record<MaskedClaim, Disclosure>> {
  return parse(record);
}

export function encodeIndex(index: number): Uint8Array {
  return utf8(String(index));
}

export function decodeIndex(record: StateRecord): number {
  const index = parseJsonBytes(record.value, 'ledger-broken', say`The record ${record.key}`);
  if (typeof index !== 'number') throw damaged(record);
  return index;
}

/** Digests by which an entry can be found. */
export function digestsIn(subjects: readonly SubjectDigests[]): string[] {
  return [
    ...new Set(
      subjects
        .flatMap(({ sha256, dropboxContentHash }) => [sha256, dropboxContentHash])
        .filter((digest) => digest !== undefined),
    ),
  ];
}

/** Events that give an asset a new content. */
export function beginsVersion(event: LedgerEvent): boolean {
  return event === 'Publish' || event === 'Register' || event === 'Submit';
}

/** The last twelve digits of an entry's or a digest's key. */
export function indexOfKey(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1));
}

/** Write of a record that was read as `before`. */
export function put(key: string, before: StateRecord | undefined, value: Uint8Array): StateChange {
  return { key, value, expectedVersion: before?.version ?? 0 };
}

/** Write of a record that nobody has written while the head of the log is the one that goes with it. */
export function add(key: string, value: Uint8Array): StateChange {
  return { key, value, expectedVersion: 0, fresh: true };
}

function parse(record: StateRecord): Record<string, unknown> {
  const value = parseJsonBytes(record.value, 'ledger-broken', say`The record ${record.key}`);
  if (!isRecord(value)) throw damaged(record);
  return value;
}

function damaged(record: StateRecord): DossierError {
  return new DossierError('ledger-broken', say`The record ${record.key} of the ledger is damaged`);
}
