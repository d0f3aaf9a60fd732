import { concatBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import { hashNode, type NodeReader } from './merkle.ts';

/** Hashes in a full tile. https://c2sp.org/tlog-tiles */
export const tileWidth = 256;
const tileHeight = 8;
const hashSize = 32;

/** A run of nodes of one level, or of entries: `level` counts tiles, each eight levels of the tree high. */
export interface TileCoordinates {
  readonly level: number | 'entries';
  readonly index: number;
  /** 256 for a full tile. */
  readonly width: number;
}

/** `tile/0/x001/x234/067`, `tile/1/000.p/17`, `tile/entries/000`. */
export function tilePath({ level, index, width }: TileCoordinates): string {
  const groups: string[] = [];
  for (let rest = index; ; rest = Math.floor(rest / 1000)) {
    groups.unshift(String(rest % 1000).padStart(3, '0'));
    if (rest < 1000) break;
  }
  const number = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${number}${width === tileWidth ? '' : `.p/${width}`}`;
}

/**
 * Every tile of a tree of `size` leaves, hash tiles of all levels and entry bundles, that did not exist in this form at
 * `before` leaves.
 */
export function tilesBetween(before: number, size: number): TileCoordinates[] {
  const tiles: TileCoordinates[] = [];
  for (let level = 0; ; level++) {
    const [from, nodes] = [Math.floor(before / tileWidth ** level), Math.floor(size / tileWidth ** level)];
    if (nodes === 0) break;
    for (let index = Math.floor(from / tileWidth); index * tileWidth < nodes; index++) {
      const width = Math.min(tileWidth, nodes - index * tileWidth);
      if (Math.min(tileWidth, Math.max(0, from - index * tileWidth)) === width) continue;
      tiles.push({ level, index, width });
      if (level === 0) tiles.push({ level: 'entries', index, width });
    }
  }
  return tiles;
}

/** The hash tiles of a tree of `size` leaves that are not full yet: those that grow with the next leaves. */
export function edgeTiles(size: number): { readonly level: number; readonly index: number; readonly width: number }[] {
  const tiles: { level: number; index: number; width: number }[] = [];
  for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / tileWidth)) {
    const width = nodes % tileWidth;
    if (width > 0) tiles.push({ level, index: Math.floor(nodes / tileWidth), width });
  }
  return tiles;
}

/**
 * Reads nodes out of tiles of a log with `size` leaves. `fetchTile` gives the content of a tile; a short or long one is
 * `ledger-broken`.
 */
export function tileNodeReader(size: number, fetchTile: (tile: TileCoordinates) => Promise<Uint8Array>): NodeReader {
  const cache = new Map<string, Promise<Uint8Array>>();
  const load = (tile: TileCoordinates): Promise<Uint8Array> => {
    const key = tilePath(tile);
    const known = cache.get(key);
    if (known) return known;
    const loading = fetchTile(tile).then((bytes) => {
      if (bytes.length !== tile.width * hashSize)
        throw new DossierError(
          'ledger-broken',
          say`The tile ${key} has ${bytes.length} bytes instead of ${tile.width * hashSize}`,
        );
      return bytes;
    });
    cache.set(key, loading);
    return loading;
  };
  return async (level, index) => {
    const tileLevel = Math.floor(level / tileHeight);
    const span = 2 ** (level % tileHeight);
    const first = index * span;
    const tile = Math.floor(first / tileWidth);
    const width = Math.min(tileWidth, Math.floor(size / tileWidth ** tileLevel) - tile * tileWidth);
    if (first - tile * tileWidth + span > width) throw new TypeError('The node is not complete in this tree');
    const bytes = await load({ level: tileLevel, index: tile, width });
    const at = first - tile * tileWidth;
    return foldHashes(
      Array.from({ length: span }, (_, offset) =>
        bytes.subarray((at + offset) * hashSize, (at + offset + 1) * hashSize),
      ),
    );
  };
}

function foldHashes(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1)
    row = Array.from({ length: row.length / 2 }, (_, at) =>
      hashNode(row[2 * at] as Uint8Array, row[2 * at + 1] as Uint8Array),
    );
  return row[0] as Uint8Array;
}

const maxEntry = 65_535;

/** Entries, each behind its length as 16 bits, big-endian. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    entries.flatMap((entry) => {
      if (entry.length > maxEntry)
        throw new DossierError('too-large', say`A ledger entry may have at most ${maxEntry} bytes`, { advice: null });
      return [Uint8Array.of(entry.length >> 8, entry.length & 255), entry];
    }),
  );
}

/** The entries of a bundle; `ledger-broken` unless it holds exactly `width` of them. */
export function decodeEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    if (at + 2 + length > bytes.length) break;
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (at !== bytes.length || entries.length !== width)
    throw new DossierError('ledger-broken', 'An entry bundle is damaged');
  return entries;
}
