import { equalBytes } from '../../core/bytes.ts';
import { isDossierError } from '../../core/errors.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import { mayHaveSealed, mayHaveSigned } from '../identity/keyPeriods.ts';
import { readRotation } from '../identity/rotation.ts';
import { statementKeyOf, type Trust } from '../identity/trust.ts';
import { hashLeaf, rootFromInclusion } from '../log/merkle.ts';
import { type LogIdentity, logId, openCheckpoint } from '../signing/checkpoint.ts';
import { encodeLeaf, preAuthentication } from '../signing/envelope.ts';
import { keyFingerprint, parseStatementPublicKey } from '../signing/signingKeys.ts';
import { parseStatement, type Statement, type SubjectDigests } from '../statement/statement.ts';
import type { Receipt } from './receipt.ts';

/** The parts of a receipt that are checked, in this order. */
const receiptParts = ['statement', 'key', 'signature', 'entry', 'inclusion', 'checkpoint', 'subject'] as const;
export type ReceiptPart = (typeof receiptParts)[number];

export interface PartVerdict {
  readonly part: ReceiptPart;
  readonly holds: boolean;
  /** A sentence for people, what was compared or what does not fit. */
  readonly sentence: Sentence;
}

export interface ReceiptVerdict {
  /** True only when every part holds. */
  readonly holds: boolean;
  readonly parts: readonly PartVerdict[];
  /** Where the signature holds. */
  readonly statement?: Statement;
}

/**
 * Checks a receipt offline against pinned keys, and against the digests of the file when they are given. Every part is
 * checked, also after one has failed, so that the answer names all that is wrong. Never throws for a bad receipt.
 */
export function verifyReceipt(receipt: Receipt, trust: Trust, file?: SubjectDigests): ReceiptVerdict {
  const statement = attempt(() => parseStatement(receipt.payload));
  const publicKey =
    statementKeyOf(trust, receipt.keyHint) ?? trust.statementKeys.find((key) => isSignedBy(key, receipt));
  const identity = trust.logs.find((log) => equalBytes(logId(log), receipt.logId));
  const leaf = publicKey && encodeLeaf({ payload: receipt.payload, signature: receipt.signature, publicKey });
  const leadsTo = leaf && rootFromInclusion(hashLeaf(leaf), receipt.index, receipt.treeSize, receipt.proof);
  const checkpoint = identity && attempt(() => openCheckpoint(receipt.checkpoint, identity));
  const keyInUse =
    publicKey !== undefined && (!identity || mayHaveSigned(trust, identity.origin, publicKey, receipt.index));
  const logInUse = identity !== undefined && mayHaveSealed(trust, identity, receipt.treeSize);
  const agreed =
    statement?.predicate.event !== 'KeyRotate' ||
    (publicKey !== undefined && identity !== undefined && isAgreed(statement, publicKey, identity, trust));

  const verdicts: Record<ReceiptPart, readonly [boolean, Sentence, Sentence]> = {
    statement: [
      statement !== undefined && agreed,
      say`The statement is well formed.`,
      statement
        ? say`It changes the keys of a ledger without the signatures of both.`
        : say`The signed text is not a statement about a file.`,
    ],
    key: [
      publicKey !== undefined && keyInUse && (receipt.keyHint === '' || receipt.keyHint === keyFingerprint(publicKey)),
      say`It was signed with a key that you trust (${publicKey ? keyFingerprint(publicKey).slice(0, 16) : ''}…).`,
      publicKey && !keyInUse
        ? say`It was signed with a key that was not in use at its place in the ledger: the keys were changed.`
        : say`It names a key that you have not said you trust.`,
    ],
    signature: [
      publicKey !== undefined && isSignedBy(publicKey, receipt),
      say`The signature fits the statement.`,
      say`The signature does not fit the statement: one of them was changed, or the key is another.`,
    ],
    entry: [
      leaf !== undefined && equalBytes(leaf, receipt.leafBody),
      say`The ledger entry is that of this statement.`,
      say`The ledger entry in the receipt is not that of this statement.`,
    ],
    inclusion: [
      leadsTo !== undefined && equalBytes(leadsTo, receipt.root),
      say`The statement is entry ${receipt.index} of ${receipt.treeSize} in the ledger.`,
      say`The proof does not lead from this statement to the state of the ledger.`,
    ],
    checkpoint: [
      checkpoint !== undefined &&
        logInUse &&
        checkpoint.size === receipt.treeSize &&
        equalBytes(checkpoint.root, receipt.root),
      say`The ledger ${identity?.origin ?? ''} has signed this state.`,
      checkpoint && !logInUse
        ? say`The checkpoint is signed with a key that was not in use at that time: the keys were changed.`
        : identity
          ? say`The checkpoint does not sign this state of the ledger.`
          : say`It comes from a ledger that you have not said you trust.`,
    ],
    subject: [
      statement !== undefined && (file === undefined || statement.subjects.some((subject) => isSame(subject, file))),
      file ? say`The file is the one that the statement is about.` : say`No file was compared.`,
      say`The file is not the one that the statement is about.`,
    ],
  };
  const parts = receiptParts.map((part): PartVerdict => {
    const [holds, good, bad] = verdicts[part];
    return { part, holds, sentence: holds ? good : bad };
  });
  const signed = parts.every(
    ({ part, holds }) => holds || (part !== 'signature' && part !== 'statement' && part !== 'key'),
  );
  return { holds: parts.every(({ holds }) => holds), parts, ...(statement && signed ? { statement } : {}) };
}

/** Every digest that both name is the same, and they name one in common. */
export function isSame(subject: SubjectDigests, file: SubjectDigests): boolean {
  const shared = (['sha256', 'dropboxContentHash'] as const).filter(
    (name) => subject[name] !== undefined && file[name] !== undefined,
  );
  return shared.length > 0 && shared.every((name) => subject[name] === file[name]);
}

/** Both sides have signed the change of keys, the former ones among them that are trusted in this log. */
function isAgreed(statement: Statement, publicKey: Uint8Array, { origin }: LogIdentity, trust: Trust): boolean {
  const former = attempt(() => readRotation(origin, statement, publicKey))?.former;
  return (
    former !== undefined && trust.logs.some((log) => log.origin === origin && equalBytes(log.publicKey, former.log))
  );
}

function isSignedBy(publicKey: Uint8Array, { payload, signature }: Receipt): boolean {
  return parseStatementPublicKey(publicKey).verify(preAuthentication(payload), signature);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isDossierError(error)) return undefined;
    throw error;
  }
}
