import { foldedName } from '../core/names.ts';
import { type DrivePath, isWithin, parentOf, rootPath } from '../core/paths.ts';
import type { KnownFile } from './knownFile.ts';

/**
 * Everything that is known of the files of one link, with the questions that a change asks. Held in memory during a
 * walk.
 */
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
  /** Nearly always one; several only where a change was seen in part. */
  const byPath = new Map<string, string | readonly string[]>();
  /** Live files below each folder, so that most questions need no search. */
  const below = new Map<string, number>();
  const byDigest = new Map<string, string>();
  const placeOf = (path: DrivePath) => (caseSensitive ? path : foldedName(path)) as DrivePath;

  const assetsAt = (place: string): readonly string[] => {
    const there = byPath.get(place) ?? [];
    return typeof there === 'string' ? [there] : there;
  };
  const setAssets = (place: string, assets: readonly string[]): void => {
    if (assets.length === 0) byPath.delete(place);
    else byPath.set(place, assets.length === 1 ? (assets[0] as string) : assets);
  };
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
    const there = assetsAt(place);
    const others = there.filter((other) => other !== asset);
    if (others.length === there.length) return;
    setAssets(place, others);
    count(place, -1);
  };
  const enter = ({ asset, path }: KnownFile): void => {
    const place = placeOf(path);
    const there = assetsAt(place);
    if (there.includes(asset)) return;
    setAssets(place, [...there, asset]);
    count(place, 1);
  };
  const filesAt = (place: string) => assetsAt(place).map((asset) => files.get(asset) as KnownFile);

  return {
    get: (asset) => files.get(asset),
    values: () => files.values(),
    put(file) {
      const before = files.get(file.asset);
      if (before?.live) leave(before);
      files.set(file.asset, file);
      if (file.live) enter(file);
      for (const digest of [file.digests.sha256, file.digests.dropboxContentHash])
        if (digest !== undefined && !byDigest.has(digest)) byDigest.set(digest, file.asset);
    },
    within(path) {
      const place = placeOf(path);
      const found = filesAt(place);
      if (below.has(place))
        for (const other of byPath.keys())
          if (other !== place && isWithin(other as DrivePath, place)) found.push(...filesAt(other));
      return found;
    },
    firstWith: (digest) => byDigest.get(digest),
  };
}
