import { equalBytes, fromBase64, fromUtf8, toHex } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import { ed25519Spki, type Trust } from '../identity/trust.ts';
import { type LogIdentity, logId } from '../signing/checkpoint.ts';
import { keyFingerprint, parseStatementPublicKey } from '../signing/signingKeys.ts';
import { followRotations } from './followRotations.ts';
import { parseReceipt } from './receipt.ts';

/** What a person was given by the owner of a ledger, and what they decide to believe. */
export interface PinRequest {
  /** Text of `statement-key.pem`. */
  readonly statementKey: string;
  /** The fingerprint that the owner told by another way; spaces, colons and capitals do not matter. */
  readonly fingerprint: string;
  /** Content of `trusted_root.json`. */
  readonly trustedRoot: Uint8Array;
  /**
   * Time-stamp authorities that this person believes, see `parseTimestampChain`. None: stamps prove nothing, receipts
   * are of level L0.
   */
  readonly timestampChains?: readonly (readonly Uint8Array[])[];
  /**
   * Receipts of the changes of keys that came along (`rotations/`): each is followed only if keys that are trusted
   * already have signed it.
   */
  readonly rotations?: readonly Uint8Array[];
}

/**
 * Trust in somebody else's ledger. The statement key must have the fingerprint that was told: `invalid-input` when it
 * has another, or when a part cannot be read. The key stands for who speaks; the logs are taken as the owner names
 * them, because without that key nobody can put a statement into any log. Keys that the owner changed to later are
 * followed from the first one. Time-stamp authorities that the file names are not believed: their word is to hold
 * against the owner as well.
 */
export function pinTrust({
  statementKey,
  fingerprint,
  trustedRoot,
  timestampChains = [],
  rotations = [],
}: PinRequest): Trust {
  const publicKey = parseStatementKey(statementKey);
  const told = fingerprint.replace(/[\s:]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(told))
    throw new DossierError('invalid-input', 'A fingerprint has 64 hexadecimal digits; all of them are needed');
  if (fingerprintOf(publicKey) !== told) {
    throw new DossierError(
      'invalid-input',
      'This key does not have that fingerprint: it is the key of somebody else, or the fingerprint was mistyped',
    );
  }
  return followRotations(
    { logs: parseTrustedRoot(trustedRoot), statementKeys: [publicKey], timestampChains },
    rotations.map(parseReceipt),
  );
}

/** SHA-256 of a public key (SubjectPublicKeyInfo, DER), 64 hexadecimal digits: what people compare. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return keyFingerprint(publicKey);
}

const longestKey = 10_000;

/**
 * The public statement key in PEM text, as SubjectPublicKeyInfo DER; `invalid-input` for anything but one P-256 key.
 */
export function parseStatementKey(pem: string): Uint8Array {
  const base64 =
    pem.length > longestKey
      ? undefined
      : /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
  if (base64 === undefined) throw new DossierError('invalid-input', 'That is not a public key as PEM text');
  const publicKey = fromBase64(base64.replace(/\s+/g, ''));
  parseStatementPublicKey(publicKey);
  return publicKey;
}

const mostLogs = 1000;

/**
 * The logs that a `trusted_root.json` names; `invalid-input` says what is wrong with it. Proves nothing about who wrote
 * the file.
 */
export function parseTrustedRoot(bytes: Uint8Array): LogIdentity[] {
  const root = parseJson(fromUtf8(bytes), 'invalid-input', 'The trusted root');
  const logs: unknown =
    isRecord(root) && String(root['mediaType']).startsWith('application/vnd.dev.sigstore.trustedroot')
      ? root['tlogs']
      : undefined;
  if (!Array.isArray(logs) || logs.length === 0 || logs.length > mostLogs)
    throw new DossierError('invalid-input', 'That is not a trusted root with the logs of a ledger');
  return logs.map(parseLog);
}

function parseLog(value: unknown): LogIdentity {
  const { baseUrl, publicKey, logId: id } = isRecord(value) ? value : {};
  const raw = isRecord(publicKey) ? publicKey['rawBytes'] : undefined;
  const keyId = isRecord(id) ? id['keyId'] : undefined;
  if (
    typeof baseUrl !== 'string' ||
    !/^https:\/\/[a-z0-9.-]+$/.test(baseUrl) ||
    typeof raw !== 'string' ||
    typeof keyId !== 'string'
  ) {
    throw new DossierError('invalid-input', 'A log in the trusted root lacks its address, its key or its id');
  }
  const spki = fromBase64(raw);
  if (toHex(spki.subarray(0, ed25519Spki.length)) !== toHex(ed25519Spki) || spki.length !== ed25519Spki.length + 32) {
    throw new DossierError(
      'invalid-input',
      'A log in the trusted root signs with a kind of key that ledgers of Dossier do not have',
    );
  }
  const identity = { origin: baseUrl.slice('https://'.length), publicKey: spki.slice(ed25519Spki.length) };
  if (!equalBytes(logId(identity), fromBase64(keyId)))
    throw new DossierError('invalid-input', 'A log in the trusted root has an id that does not fit its key');
  return identity;
}

/** Trust in each of several ledgers. */
export function joinTrusts(trusts: readonly Trust[]): Trust {
  return {
    logs: trusts.flatMap(({ logs }) => logs),
    statementKeys: trusts.flatMap(({ statementKeys }) => statementKeys),
    timestampChains: trusts.flatMap(({ timestampChains }) => timestampChains),
    rotations: trusts.flatMap(({ rotations = [] }) => rotations),
  };
}
