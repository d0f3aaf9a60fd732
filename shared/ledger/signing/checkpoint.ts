import { createHash } from 'node:crypto';
import { concatBytes, equalBytes, fromBase64, isBase64, toBase64, toHex, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import { type LogKey, verifyEd25519 } from './signingKeys.ts';

/** The head of a log: https://c2sp.org/tlog-checkpoint */
export interface Checkpoint {
  /** Name of the log; unique, and shown to people. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  readonly root: Uint8Array;
}

/** A log's name and public key: what a verifier pins. */
export interface LogIdentity {
  readonly origin: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

const ed25519Type = 1;
const maxSize = Number.MAX_SAFE_INTEGER;

/**
 * Signature over name, algorithm and key, as in https://c2sp.org/signed-note. 32 bytes; the first four are the key id.
 */
export function logId({ origin, publicKey }: LogIdentity): Uint8Array {
  return new Uint8Array(
    createHash('sha256')
      .update(utf8(`${origin}\n`))
      .update(Uint8Array.of(ed25519Type))
      .update(publicKey)
      .digest(),
  );
}

/** `origin+keyid+key`: the one-line public key that note verifiers take. */
export function verifierKey(identity: LogIdentity): string {
  const keyId = toHex(logId(identity).subarray(0, 4));
  return `${identity.origin}+${keyId}+${toBase64(concatBytes([Uint8Array.of(ed25519Type), identity.publicKey]))}`;
}

/** Reads a verifier key; `invalid-input` when its parts do not fit together. */
export function parseVerifierKey(text: string): LogIdentity {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const key = match && fromBase64(match[3] as string);
  if (!match || !key || key.length !== 33 || key[0] !== ed25519Type)
    throw new DossierError('invalid-input', 'That is not the verifier key of a log');
  const identity = { origin: match[1] as string, publicKey: key.slice(1) };
  if (toHex(logId(identity).subarray(0, 4)) !== match[2])
    throw new DossierError('invalid-input', 'The verifier key is damaged: its id does not fit its key');
  return identity;
}

function noteText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** The signed note: text, a blank line, our signature line. */
export function signCheckpoint(checkpoint: Checkpoint, key: LogKey): string {
  return signNote(noteText(checkpoint), checkpoint.origin, key);
}

/** Signs a text, which ends with a line break, under the name of a log. Its first line must say what it is. */
export function signNote(text: string, origin: string, key: LogKey): string {
  if (!/^[^\s+]+$/u.test(origin)) throw new TypeError('The origin of a log has no spaces and no plus sign');
  const keyId = logId({ origin, publicKey: key.publicKey }).subarray(0, 4);
  return `${text}\n— ${origin} ${toBase64(concatBytes([keyId, key.sign(utf8(text))]))}\n`;
}

/**
 * The text of a signed note, if one of its lines is a good signature of the pinned log; `ledger-broken` otherwise.
 * Lines of other keys are passed over, as the note format demands.
 */
export function openNote(note: string, identity: LogIdentity): string {
  // The last empty line: the text may have empty lines of its own, its signatures have none.
  const split = note.lastIndexOf('\n\n');
  const text = note.slice(0, split + 1);
  const lines = note
    .slice(split + 2)
    .split('\n')
    .slice(0, 100);
  const keyId = logId(identity).subarray(0, 4);
  if (split > 0 && lines.some((line) => isSignatureBy(line, identity, keyId, text))) return text;
  throw new DossierError('ledger-broken', say`The checkpoint has no valid signature of the log ${identity.origin}`);
}

/**
 * The checkpoint in a signed note of the pinned log; `ledger-broken` for anything else. The numbers in it come from
 * whoever wrote the note, so nothing in it is used before the signature has been checked.
 */
export function openCheckpoint(note: string, identity: LogIdentity): Checkpoint {
  const [origin, size, root, ...extensions] = openNote(note, identity).slice(0, -1).split('\n');
  if (
    origin !== identity.origin ||
    extensions.some((line) => line === '') ||
    !/^(0|[1-9]\d{0,15})$/.test(size ?? '') ||
    Number(size) > maxSize
  ) {
    throw new DossierError('ledger-broken', 'The checkpoint is malformed');
  }
  const rootBytes = fromBase64(root ?? '');
  if (rootBytes.length !== 32) throw new DossierError('ledger-broken', 'The checkpoint is malformed');
  return { origin, size: Number(size), root: rootBytes };
}

/** The same where a log has had several keys: signed by any of them; `untrusted` where there are none. */
export function openCheckpointOf(note: string, identities: readonly LogIdentity[]): Checkpoint {
  let failure: unknown = new DossierError('untrusted', 'Unknown ledger: its public key is not among your trusted keys');
  for (const identity of identities) {
    try {
      return openCheckpoint(note, identity);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function isSignatureBy(line: string, identity: LogIdentity, keyId: Uint8Array, text: string): boolean {
  const match = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
  if (!match || match[1] !== identity.origin || !isBase64(match[2] as string)) return false;
  const bytes = fromBase64(match[2] as string);
  return (
    bytes.length === 68 &&
    equalBytes(bytes.subarray(0, 4), keyId) &&
    verifyEd25519(identity.publicKey, utf8(text), bytes.subarray(4))
  );
}
