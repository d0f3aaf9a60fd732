import { isDossierError } from '../core/errors.ts';
import { isWithin, parentOf, rootPath } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import { retry } from '../core/retry.ts';
import { isInStore } from '../core/storeFolder.ts';
import type { Context, Drive } from '../drive/drive.ts';
import type { Entry, FileEntry } from '../drive/entry.ts';
import type { Unreadable } from '../drive/unreadable.ts';
import type { MirrorSide, Place } from './mirror.ts';
import { createPlaceMap, type PlaceMap, placeIn } from './places.ts';
import type { Filter } from './rules.ts';

export interface UnreadPlace {
  /** With everything in it; of a name that cannot be used, the folder. */
  readonly place: Place;
  readonly hasNoName: boolean;
  readonly error: Unreadable['error'];
}

/** What a listing could not tell: nothing at these places counts as gone, and nothing as free. */
export interface Unread {
  readonly places: readonly UnreadPlace[];
  covers(place: Place): Unreadable['error'] | undefined;
}

export interface SourceTree {
  readonly files: ReadonlyMap<Place, FileEntry>;
  readonly folders: ReadonlySet<Place>;
  /** Left out by the rules. */
  readonly ignored: { readonly files: number; has(place: Place): boolean };
  readonly unread: Unread;
}

export interface DestinationTree {
  /** The folder itself. */
  readonly exists: boolean;
  readonly entries: PlaceMap<Entry>;
  readonly unread: Unread;
}

/** @throws `not-found` when the folder is not there: a source that is gone is no empty source. */
export async function listSource(
  { drive, folder }: MirrorSide,
  filter: Filter,
  clock: Clock,
  context?: Context,
): Promise<SourceTree> {
  const { entries, unreadable } = await listAll(drive, folder, clock, context);
  const files = new Map<Place, FileEntry>();
  const folders = new Set<Place>();
  const leftOut = new Set<Place>();
  let ignoredFiles = 0;
  for (const entry of entries) {
    const place = placeIn(folder, entry.path);
    if (leftOut.has(parentOf(place)) || filter.leavesOut(place, entry) || isWithoutBytes(entry)) {
      leftOut.add(place);
      if (entry.type === 'file' && !isInStore(place)) ignoredFiles += 1;
    } else if (entry.type === 'file') files.set(place, entry);
    else folders.add(place);
  }
  return {
    files,
    folders,
    ignored: { files: ignoredFiles, has: (place) => isIn(leftOut, place) },
    unread: unreadOf(folder, unreadable),
  };
}

/** A destination that is not there yet is an empty one. */
export async function listDestination(
  { drive, folder }: MirrorSide,
  clock: Clock,
  context?: Context,
): Promise<DestinationTree> {
  const there = await retry(() => drive.stat({ path: folder }, context), { clock, signal: context?.signal });
  const nothing = { entries: [], unreadable: [] };
  const { entries, unreadable } = there ? await listAll(drive, folder, clock, context) : nothing;
  const places = createPlaceMap<Entry>(drive.capabilities.caseSensitive);
  for (const entry of entries) {
    const place = placeIn(folder, entry.path);
    if (!isInStore(place)) places.set(place, entry);
  }
  return { exists: there !== undefined, entries: places, unread: unreadOf(folder, unreadable) };
}

interface Listing {
  readonly entries: readonly Entry[];
  readonly unreadable: readonly Unreadable[];
}

async function listAll(
  drive: Drive,
  folder: MirrorSide['folder'],
  clock: Clock,
  context: Context | undefined,
): Promise<Listing> {
  const list = async (): Promise<Listing> => {
    const entries: Entry[] = [];
    const unreadable: Unreadable[] = [];
    const onUnreadable = (each: Unreadable) => void unreadable.push(each);
    for await (const page of drive.list({ path: folder }, { recursive: true, onUnreadable }, context))
      entries.push(...page);
    return { entries, unreadable };
  };
  return retry(list, { clock, signal: context?.signal });
}

/** Documents that exist only at the service. */
function isWithoutBytes(entry: Entry): boolean {
  return entry.type === 'file' && !entry.downloadable;
}

/** A name that cannot be used may be any in its folder that the listing does not give. */
function unreadOf(folder: MirrorSide['folder'], unreadable: readonly Unreadable[]): Unread {
  const places = unreadable.map(({ path, spelling, error }) => ({
    place: placeIn(folder, path),
    hasNoName: spelling !== undefined,
    error,
  }));
  return { places, covers: (place) => places.find((each) => isWithin(place, each.place))?.error };
}

function isIn(places: ReadonlySet<Place>, place: Place): boolean {
  for (let at = place; at !== rootPath; at = parentOf(at)) if (places.has(at)) return true;
  return false;
}

/** True when a failure says that nothing is there. */
export function isGone(error: unknown): boolean {
  return isDossierError(error, 'not-found');
}
