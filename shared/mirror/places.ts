import { foldedName } from '../core/names.ts';
import { type DrivePath, joinPath, namesOf, rootPath } from '../core/paths.ts';
import type { Place } from './mirror.ts';

/** Where a path of a drive lies below `folder`. Servers that fold case may spell the folder in another way. */
export function placeIn(folder: DrivePath, path: DrivePath): Place {
  return joinPath(rootPath, ...namesOf(path).slice(namesOf(folder).length));
}

export function pathIn(folder: DrivePath, place: Place): DrivePath {
  return joinPath(folder, ...namesOf(place));
}

/** Places by name, as a drive tells names apart. */
export interface PlaceMap<T> {
  readonly caseSensitive: boolean;
  get(place: Place): T | undefined;
  set(place: Place, value: T): void;
  delete(place: Place): void;
  values(): Iterable<T>;
}

export function createPlaceMap<T>(caseSensitive: boolean): PlaceMap<T> {
  const values = new Map<string, T>();
  const key = (place: Place) => (caseSensitive ? place : foldedName(place));
  return {
    caseSensitive,
    get: (place) => values.get(key(place)),
    set: (place, value) => void values.set(key(place), value),
    delete: (place) => void values.delete(key(place)),
    values: () => values.values(),
  };
}
