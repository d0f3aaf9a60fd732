import { fromBase64, fromUtf8, toBase64, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import type { Log } from '../log/log.ts';
import { emptyRoot } from '../log/merkle.ts';
import { logId } from '../signing/checkpoint.ts';
import { type Envelope, encodeLeaf, envelopeJson, parseEnvelopeJson } from '../signing/envelope.ts';
import { keyFingerprint } from '../signing/signingKeys.ts';

/** Portable proof of one statement: what its bundle holds. */
export interface Receipt {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** The leaf as the log holds it. */
  readonly leafBody: Uint8Array;
  readonly index: number;
  readonly treeSize: number;
  /** Hashes from the leaf to the root. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
  /** Signed note. */
  readonly checkpoint: string;
  /** Full RFC 3161 responses over the signature bytes. */
  readonly timestamps: readonly Uint8Array[];
  /** SHA-256 of the log's name and key, as it stands in the bundle. */
  readonly logId: Uint8Array;
  /** Fingerprint of the statement key that the bundle names. A hint, never a reason to trust. */
  readonly keyHint: string;
}

export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** The receipt of an entry under the newest signed head. `not-found` when the log has no such entry. */
export async function createReceipt(
  log: Log,
  index: number,
  timestamps: readonly Uint8Array[] = [],
  signal?: AbortSignal,
): Promise<Receipt> {
  const [entry, head] = [await log.entry(index, signal), await log.head(signal)];
  if (!entry || !head) throw new DossierError('not-found', say`The ledger has no entry ${index}`);
  const { envelope } = entry;
  return {
    payload: envelope.payload,
    signature: envelope.signature,
    leafBody: encodeLeaf(envelope),
    index,
    treeSize: head.checkpoint.size,
    proof: await log.prove(index, head.checkpoint.size, signal),
    root: head.checkpoint.root,
    checkpoint: head.note,
    timestamps,
    logId: logId(log.identity),
    keyHint: keyFingerprint(envelope.publicKey),
  };
}

/** A Sigstore bundle v0.3, for cosign and every other Sigstore verifier. https://github.com/sigstore/protobuf-specs */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const envelope: Envelope = { payload: receipt.payload, signature: receipt.signature, publicKey: new Uint8Array() };
  const bundle = {
    mediaType: bundleType,
    verificationMaterial: {
      publicKey: { hint: receipt.keyHint },
      tlogEntries: [
        {
          logIndex: String(receipt.index),
          logId: { keyId: toBase64(receipt.logId) },
          kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
          inclusionProof: {
            logIndex: String(receipt.index),
            rootHash: toBase64(receipt.root),
            treeSize: String(receipt.treeSize),
            hashes: receipt.proof.map(toBase64),
            checkpoint: { envelope: receipt.checkpoint },
          },
          canonicalizedBody: toBase64(receipt.leafBody),
        },
      ],
      ...(receipt.timestamps.length > 0
        ? {
            timestampVerificationData: {
              rfc3161Timestamps: receipt.timestamps.map((response) => ({ signedTimestamp: toBase64(response) })),
            },
          }
        : {}),
    },
    dsseEnvelope: envelopeJson(envelope),
  };
  return utf8(`${JSON.stringify(bundle, null, 2)}\n`);
}

/** Reads a bundle; `ledger-broken` with the part that is wrong. Checks form only: see `verifyReceipt`. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  try {
    return readBundle(bytes);
  } catch (error) {
    if (!isDossierError(error, 'ledger-broken') || !error.sentence) throw error;
    // It is the file that is damaged, whatever its ledger is.
    throw new DossierError('ledger-broken', error.sentence, {
      advice: say`Ask for this receipt again, as one file of its own.`,
      cause: error,
    });
  }
}

function readBundle(bytes: Uint8Array): Receipt {
  const bundle = record(parseJson(fromUtf8(bytes), 'ledger-broken', 'The receipt'), 'bundle');
  if (bundle['mediaType'] !== bundleType) throw malformed(say`The receipt is not a Sigstore bundle of version 0.3`);
  const material = record(bundle['verificationMaterial'], 'verificationMaterial');
  const entries = list(material['tlogEntries'], 'tlogEntries');
  if (entries.length !== 1) throw malformed(say`The receipt must name exactly one ledger entry`);
  const entry = record(entries[0], 'tlogEntries');
  const kind = record(entry['kindVersion'], 'kindVersion');
  if (kind['kind'] !== 'hashedrekord' || kind['version'] !== '0.0.2')
    throw malformed(say`The receipt is of a kind of entry that is not known here`);
  const proof = record(entry['inclusionProof'], 'inclusionProof');
  const index = whole(entry['logIndex'], 'logIndex');
  if (whole(proof['logIndex'], 'inclusionProof.logIndex') !== index)
    throw malformed(say`The receipt names two different positions in the ledger`);
  const stamps = isRecord(material['timestampVerificationData'])
    ? list(material['timestampVerificationData']['rfc3161Timestamps'], 'rfc3161Timestamps')
    : [];
  const hint = isRecord(material['publicKey']) ? material['publicKey']['hint'] : undefined;
  return {
    ...parseEnvelopeJson(bundle['dsseEnvelope']),
    leafBody: bytesOf(entry['canonicalizedBody'], 'canonicalizedBody'),
    index,
    treeSize: whole(proof['treeSize'], 'treeSize'),
    proof: list(proof['hashes'] ?? [], 'hashes').map((hash) => hashOf(hash, 'hashes')),
    root: hashOf(proof['rootHash'], 'rootHash'),
    checkpoint: textOf(record(proof['checkpoint'], 'checkpoint')['envelope'], 'checkpoint'),
    timestamps: stamps.map((stamp) =>
      bytesOf(record(stamp, 'rfc3161Timestamps')['signedTimestamp'], 'signedTimestamp'),
    ),
    logId: hashOf(record(entry['logId'], 'logId')['keyId'], 'logId'),
    keyHint: typeof hint === 'string' ? hint : '',
  };
}

function wrong(part: string): DossierError {
  return malformed(say`The receipt is malformed at ${part}`);
}

function malformed(sentence: Sentence): DossierError {
  return new DossierError('ledger-broken', sentence, {
    advice: 'Ask for the receipt again: this file is damaged, or is not a receipt.',
  });
}

function record(value: unknown, part: string): Record<string, unknown> {
  if (!isRecord(value)) throw wrong(part);
  return value;
}

function list(value: unknown, part: string): unknown[] {
  if (!Array.isArray(value) || value.length > 1000) throw wrong(part);
  return value;
}

function textOf(value: unknown, part: string): string {
  if (typeof value !== 'string') throw wrong(part);
  return value;
}

function bytesOf(value: unknown, part: string): Uint8Array {
  try {
    return fromBase64(textOf(value, part));
  } catch {
    throw wrong(part);
  }
}

function hashOf(value: unknown, part: string): Uint8Array {
  const bytes = bytesOf(value, part);
  if (bytes.length !== emptyRoot.length) throw wrong(part);
  return bytes;
}

/** Protobuf writes 64-bit numbers as strings. */
function whole(value: unknown, part: string): number {
  const text = String(value);
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || Number(text) > Number.MAX_SAFE_INTEGER) throw wrong(part);
  return Number(text);
}
