import type { FileIndex } from './fileIndex.ts';
import type { KnownFile } from './knownFile.ts';
import type { Missed, Position } from './position.ts';
import { placeKey, type Unread, type UnreadList } from './unread.ts';

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

/**
 * Whether files are missed that may lie where something can be read now: a service that tells only what changed says
 * nothing of what lay there before.
 */
export function mustLookThere(missed: readonly Missed[], unread: UnreadList, held: ReadonlySet<string>): boolean {
  const isReadNow = new Set(unread.resolved().map(placeKey));
  return missed.some(
    ({ places, assets }) => places.some((key) => isReadNow.has(key)) && assets.some((asset) => held.has(asset)),
  );
}
