import { concatBytes, utf8 } from '../../shared/core/bytes.ts';
import { appendLeaves, emptyRange, hashLeaf, rootOf } from '../../shared/ledger/log/merkle.ts';
import { encodeEntryBundle, type TileCoordinates, tileWidth } from '../../shared/ledger/log/tiles.ts';
import { signCheckpoint } from '../../shared/ledger/signing/checkpoint.ts';
import { encodeLeaf, preAuthentication } from '../../shared/ledger/signing/envelope.ts';
import type { LogKey, StatementKey } from '../../shared/ledger/signing/signingKeys.ts';

/**
 * A large published ledger, made in memory. One real signature is used for all entries: whoever checks tiles checks
 * hashes.
 */
export function encodeTree(
  size: number,
  origin: string,
  logKey: LogKey,
  statementKey: StatementKey,
): { readonly checkpoint: Uint8Array; tile(tile: TileCoordinates): Uint8Array } {
  const { publicKey } = statementKey;
  const signature = statementKey.sign(preAuthentication(utf8('statement')));
  const bodies = Array.from({ length: size }, (_, index) =>
    encodeLeaf({ payload: utf8(`statement ${index}`), signature, publicKey }),
  );
  const levels: Uint8Array[][] = [];
  const range = appendLeaves(
    emptyRange,
    bodies.map(hashLeaf),
    (level, index, hash) => void ((levels[level] ??= [])[index] = hash),
  );
  return {
    checkpoint: utf8(signCheckpoint({ origin, size, root: rootOf(range) }, logKey)),
    tile({ level, index, width }) {
      const from = index * tileWidth;
      if (level === 'entries') return encodeEntryBundle(bodies.slice(from, from + width));
      return concatBytes(levels[level * 8]!.slice(from, from + width));
    },
  };
}
