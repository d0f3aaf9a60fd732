import { foldedName } from '../core/names.ts';
import { type DrivePath, isWithin, parentOf, rootPath } from '../core/paths.ts';
import type { KnownFile } from './knownFile.ts';

/** Everything that is known of the files of one link, with the questions that a change asks. Held in memory during a walk. */
export interface FileIndex {
  get(asset: string): KnownFile | undefined;
  put(file: KnownFile): void;
  values(): Iterable<KnownFile>;
  /** Live files at this path or below it. */
  within(path: DrivePath): KnownFile[];
  /** The asset that had a content first. */
  firstWith(digest: string): string | undefined;
}

export function createFileIndex(caseSensitive: boolean): FileIndex {
  const files = new Map<string, KnownFile>();
  const byPath = new Map<string, Set<string>>();
  /** Live files below each folder, so that most questions need no search. */
  const below = new Map<string, number>();
  const byDigest = new Map<string, string>();
  const placeOf = (path: DrivePath) => (caseSensitive ? path : foldedName(path)) as DrivePath;

  const count = (place: DrivePath, by: number): void => {
    for (let folder = place; folder !== rootPath; ) {
      folder = parentOf(folder);
      const sum = (below.get(folder) ?? 0) + by;
      if (sum === 0) below.delete(folder);
      else below.set(folder, sum);
    }
  };
  const leave = ({ asset, path }: KnownFile): void => {
    const place = placeOf(path);
    const there = byPath.get(place);
    if (!there?.delete(asset)) return;
    if (there.size === 0) byPath.delete(place);
    count(place, -1);
  };
  const enter = ({ asset, path }: KnownFile): void => {
    const place = placeOf(path);
    const there = byPath.get(place);
    if (there) there.add(asset);
    else byPath.set(place, new Set([asset]));
    count(place, 1);
  };
  const filesAt = (place: string) => [...(byPath.get(place) ?? [])].map((asset) => files.get(asset) as KnownFile);

  return {
    get: (asset) => files.get(asset),
    values: () => files.values(),
    put(file) {
      const before = files.get(file.asset);
      if (before?.live) leave(before);
      files.set(file.asset, file);
      if (file.live) enter(file);
      for (const digest of [file.digests.sha256, file.digests.dropboxContentHash]) if (digest !== undefined && !byDigest.has(digest)) byDigest.set(digest, file.asset);
    },
    within(path) {
      const place = placeOf(path);
      const found = filesAt(place);
      if (below.has(place)) for (const other of byPath.keys()) if (other !== place && isWithin(other as DrivePath, place)) found.push(...filesAt(other));
      return found;
    },
    firstWith: (digest) => byDigest.get(digest),
  };
}
