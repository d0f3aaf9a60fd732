import { equalBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import { readRotation } from '../identity/rotation.ts';
import { type Rotation, statementKeyOf, type Trust } from '../identity/trust.ts';
import type { LogIdentity } from '../signing/checkpoint.ts';
import { keyFingerprint } from '../signing/signingKeys.ts';
import { parseStatement } from '../statement/statement.ts';
import type { Receipt } from './receipt.ts';
import { verifyReceipt } from './verifyReceipt.ts';

/**
 * Trust that began with pinned keys, after the changes that these receipts prove (`rotations/` of an export or a
 * published ledger), in any order. A change counts only when keys that are trusted already have signed it;
 * `untrusted` where it does not begin at keys that are; `ledger-broken` names what is forged, and then nothing follows from any of them. Of two changes of the same keys
 * neither can be told to be the owner's: that is `ledger-broken` as well.
 */
export function followRotations(trust: Trust, receipts: readonly Receipt[]): Trust {
  return [...receipts].sort((a, b) => a.index - b.index).reduce(follow, trust);
}

function follow(trust: Trust, receipt: Receipt): Trust {
  const { rotations = [] } = trust;
  const origin = receipt.checkpoint.slice(0, receipt.checkpoint.indexOf('\n'));
  const signer = statementKeyOf(trust, receipt.keyHint);
  if (!signer)
    throw new DossierError('untrusted', 'A change of keys was signed with a key that is not among your trusted keys');
  const statement = parseStatement(receipt.payload);
  const keys = readRotation(origin, statement, signer);
  if (!trust.logs.some((log) => isLog(log, origin, keys.former.log))) {
    throw new DossierError('untrusted', 'A change of keys is of a ledger that is not among your trusted ones');
  }
  const known = rotations.find(
    (rotation) =>
      rotation.origin === origin &&
      (equalBytes(rotation.former.statement, signer) || equalBytes(rotation.former.log, keys.former.log)),
  );
  if (known && isSameChange(known, { index: receipt.index, ...keys })) return trust;
  if (known)
    throw new DossierError(
      'ledger-broken',
      'The same keys were changed twice, to different ones: somebody else has had them',
    );
  const next: Trust = {
    ...trust,
    logs: trust.logs.some((log) => isLog(log, origin, keys.next.log))
      ? trust.logs
      : [...trust.logs, { origin, publicKey: keys.next.log }],
    statementKeys: statementKeyOf(trust, keyFingerprint(keys.next.statement))
      ? trust.statementKeys
      : [...trust.statementKeys, keys.next.statement],
    rotations: [
      ...rotations,
      { origin, index: receipt.index, at: Date.parse(statement.predicate.observedAt), ...keys },
    ],
  };
  const failed = verifyReceipt(receipt, next).parts.find(({ holds }) => !holds);
  if (failed) throw new DossierError('ledger-broken', say`A change of keys does not hold: ${failed.sentence}`);
  return next;
}

function isSameChange(
  a: Pick<Rotation, 'index' | 'former' | 'next'>,
  b: Pick<Rotation, 'index' | 'former' | 'next'>,
): boolean {
  const pairs = [
    [a.former, b.former],
    [a.next, b.next],
  ] as const;
  return (
    a.index === b.index &&
    pairs.every(([one, other]) => equalBytes(one.log, other.log) && equalBytes(one.statement, other.statement))
  );
}

function isLog(log: LogIdentity, origin: string, publicKey: Uint8Array): boolean {
  return log.origin === origin && equalBytes(log.publicKey, publicKey);
}
