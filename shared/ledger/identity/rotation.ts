import { equalBytes, fromBase64, toBase64, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import {
  keyFingerprint,
  type LogKey,
  parseStatementPublicKey,
  type StatementKey,
  verifyEd25519,
} from '../signing/signingKeys.ts';
import type { NextKey, Statement } from '../statement/statement.ts';
import type { PublicKeys, Rotation } from './trust.ts';

/**
 * How a ledger changes its keys. The statement `KeyRotate` is signed, like every statement, with the former statement
 * key; in it, the next statement key and the former log key have signed which keys follow which in which log, and the
 * next log key signs the checkpoint that covers it. So nobody changes keys who holds only one of them, and no key is
 * named that did not agree. The subject is the next statement key itself, so that cosign can check the statement too.
 */
function rotationMessage(origin: string, former: PublicKeys, next: PublicKeys): Uint8Array {
  const lines = [
    'dossier.v1 key rotation',
    origin,
    ...[former, next].flatMap(({ statement, log }) => [keyFingerprint(statement), toBase64(log)]),
  ];
  return utf8(lines.map((line) => `${line}\n`).join(''));
}

export interface PrivateKeys {
  readonly log: LogKey;
  readonly statement: StatementKey;
}

export function nextKeyOf(origin: string, former: PrivateKeys, next: PrivateKeys): NextKey {
  const message = rotationMessage(origin, publicOf(former), publicOf(next));
  return {
    fingerprint: next.statement.fingerprint,
    publicKey: toBase64(next.statement.publicKey),
    signature: toBase64(next.statement.sign(message)),
    log: {
      former: toBase64(former.log.publicKey),
      publicKey: toBase64(next.log.publicKey),
      signature: toBase64(former.log.sign(message)),
    },
  };
}

export function publicOf({ log, statement }: PrivateKeys): PublicKeys {
  return { log: log.publicKey, statement: statement.publicKey };
}

/**
 * Which keys follow which, by a statement of `former`; `ledger-broken` names the signature that is missing. The
 * statement's own signature is for the caller.
 */
export function readRotation(
  origin: string,
  { subjects, predicate }: Statement,
  former: Uint8Array,
): Pick<Rotation, 'former' | 'next'> {
  const broken = (why: Sentence): DossierError =>
    new DossierError('ledger-broken', say`A change of keys of this ledger is forged: ${why}`);
  const { fingerprint, publicKey, signature, log } = fieldsOf(predicate.nextKey) ?? {};
  if (predicate.event !== 'KeyRotate' || !fingerprint || !publicKey || !signature || !log)
    throw broken(say`it does not name the keys that follow`);
  const keys = { former: { statement: former, log: log.former }, next: { statement: publicKey, log: log.publicKey } };
  if (keyFingerprint(publicKey) !== fingerprint || subjects.length !== 1 || subjects[0]?.sha256 !== fingerprint)
    throw broken(say`the next key is not the one that it names`);
  if (equalBytes(publicKey, former) || equalBytes(log.publicKey, log.former))
    throw broken(say`the next keys are the former ones`);
  const message = rotationMessage(origin, keys.former, keys.next);
  if (!parseStatementPublicKey(publicKey).verify(message, signature))
    throw broken(say`the next statement key has not signed it`);
  if (!verifyEd25519(log.former, message, log.signature))
    throw broken(say`the former key of the log has not signed it`);
  return keys;
}

function fieldsOf(value: unknown):
  | {
      fingerprint: string;
      publicKey: Uint8Array;
      signature: Uint8Array;
      log: { former: Uint8Array; publicKey: Uint8Array; signature: Uint8Array };
    }
  | undefined {
  const log = isRecord(value) ? value['log'] : undefined;
  if (!isRecord(value) || !isRecord(log)) return undefined;
  const texts = [value['publicKey'], value['signature'], log['former'], log['publicKey'], log['signature']];
  if (typeof value['fingerprint'] !== 'string' || !texts.every((text) => typeof text === 'string')) return undefined;
  try {
    const [publicKey, signature, former, nextLog, logSignature] = texts.map(fromBase64) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    parseStatementPublicKey(publicKey);
    return {
      fingerprint: value['fingerprint'],
      publicKey,
      signature,
      log: { former, publicKey: nextLog, signature: logSignature },
    };
  } catch (error) {
    if (isDossierError(error)) return undefined;
    throw error;
  }
}
