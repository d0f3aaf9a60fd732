import { equalBytes, fromUtf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import { openTrusted } from '../identity/keyPeriods.ts';
import type { Trust } from '../identity/trust.ts';
import { appendLeaves, emptyRange, hashLeaf, rootOf } from '../log/merkle.ts';
import { decodeEntryBundle, tilePath, tilesBetween, tileWidth } from '../log/tiles.ts';
import type { Checkpoint } from '../signing/checkpoint.ts';

/**
 * Gives a file of a published ledger by its path within the folder (`checkpoint`, `tile/0/000`); undefined when there
 * is none.
 */
export type TileReader = (path: string) => Promise<Uint8Array | undefined>;

export interface TilesVerdict {
  readonly origin: string;
  readonly size: number;
  /** Leaves that were read and lead to the signed root. */
  readonly entries: number;
}

/**
 * Checks a whole published ledger from its static files: every entry bundle is hashed again, every tile must be what
 * follows from it, and the root must be the one that a trusted log has signed. `ledger-broken` names the first file
 * that does not fit.
 */
export async function verifyInTiles(read: TileReader, trust: Trust): Promise<TilesVerdict> {
  const { origin, size, root } = await signedHead(read, trust);
  const derived = new Map<string, { readonly bytes: Uint8Array; filled: number }>();
  const widths = new Map<string, number>(
    tilesBetween(0, size).flatMap(({ level, index, width }) =>
      level === 'entries' ? [] : [[`${level}/${index}`, width] as const],
    ),
  );
  let range = emptyRange;
  for (const tile of tilesBetween(0, size)) {
    if (tile.level !== 'entries') continue;
    const leaves = decodeEntryBundle(await required(read, tilePath(tile)), tile.width).map(hashLeaf);
    range = appendLeaves(range, leaves, (level, index, hash) => {
      if (level % 8 !== 0) return;
      const key = `${level / 8}/${Math.floor(index / tileWidth)}`;
      const into = derived.get(key) ?? { bytes: new Uint8Array(32 * (widths.get(key) ?? 0)), filled: 0 };
      into.bytes.set(hash, 32 * into.filled++);
      derived.set(key, into);
    });
  }
  if (range.size !== size || !equalBytes(rootOf(range), root))
    throw new DossierError('ledger-broken', 'The published entries do not lead to the root that was signed');
  for (const tile of tilesBetween(0, size)) {
    if (tile.level === 'entries') continue;
    const path = tilePath(tile);
    if (!equalBytes(await required(read, path), derived.get(`${tile.level}/${tile.index}`)!.bytes))
      throw new DossierError('ledger-broken', say`The published file ${path} was changed`, { path });
  }
  return { origin, size, entries: range.size };
}

async function signedHead(read: TileReader, trust: Trust): Promise<Checkpoint> {
  const note = fromUtf8(await required(read, 'checkpoint'));
  return openTrusted(note, trust);
}

async function required(read: TileReader, path: string): Promise<Uint8Array> {
  const bytes = await read(path);
  if (!bytes) throw new DossierError('ledger-broken', say`The published file ${path} is missing`, { path });
  return bytes;
}
