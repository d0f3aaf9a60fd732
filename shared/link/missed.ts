import type { FileIndex } from './fileIndex.ts';
import type { KnownFile } from './knownFile.ts';
import type { Position } from './position.ts';
import { placeKey, type Unread, type UnreadList } from './unread.ts';

/**
 * Files that are missed since the same walk met places that it could not read: they may have moved there, and only who
 * can read there knows. There are no more of these than places that cannot be read.
 */
export interface Missed {
  /** Keys of the places that cannot be read since, see `placeKey`. */
  readonly places: readonly string[];
  readonly assets: readonly string[];
}

/**
 * Which files that were not found this time do not count as gone: those that were missed first when a place could not be
 * read any more, for as long as it cannot. Also where a known file lay: only what was read tells which one lies there
 * now; when that file is seen elsewhere, it is another one.
 */
export function stillMissed(
  { missed: before = [], unread: unreadBefore = [] }: Pick<Position, 'missed' | 'unread'>,
  gone: readonly KnownFile[],
  unread: UnreadList,
  index: FileIndex,
): readonly Missed[] {
  const places = unread.all().filter(({ file }) => !file);
  const isUnread = new Set(places.map(placeKey));
  const heldFiles = new Set(unreadBefore.filter(({ withholds }) => withholds).map(placeKey));
  const hasLeft = (place: Unread) => heldFiles.has(placeKey(place)) && index.within(place.path).length === 0;
  const fresh = places.filter((place) => !place.lasts || hasLeft(place)).map(placeKey);
  const unfound = new Set(gone.map(({ asset }) => asset));
  const missed: Missed[] = [];
  const keep = (keys: readonly string[], assets: readonly string[]) => {
    if (keys.length === 0 || assets.length === 0) return;
    missed.push({ places: keys, assets });
    for (const asset of assets) unfound.delete(asset);
  };
  for (const { places: keys, assets } of before)
    keep(
      // From there it may have moved on, to where nothing can be read since now.
      [...new Set([...keys.filter((key) => isUnread.has(key)), ...fresh])],
      assets.filter((asset) => unfound.has(asset)),
    );
  keep(fresh, [...unfound]);
  return missed;
}
