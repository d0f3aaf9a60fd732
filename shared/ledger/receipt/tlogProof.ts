import { toBase64, utf8 } from '../../core/bytes.ts';
import type { Receipt } from './receipt.ts';

/**
 * The same proof as text, for verifiers of transparency logs: https://c2sp.org/tlog-proof. It proves that the leaf is
 * in the log; the leaf itself is what `encodeLeaf` gives for the statement.
 */
export function encodeTlogProof({ index, proof, checkpoint }: Receipt): Uint8Array {
  const hashes = proof.map((hash) => `${toBase64(hash)}\n`).join('');
  return utf8(`c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes}\n${checkpoint}`);
}
