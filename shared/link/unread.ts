import type { ErrorCode } from '../core/errors.ts';
import { foldedName } from '../core/names.ts';
import { type DrivePath, isWithin, namesOf } from '../core/paths.ts';
import type { FileEntry } from '../drive/entry.ts';
import type { Unreadable } from '../drive/unreadable.ts';
import type { KnownFile } from './knownFile.ts';

/** Something in a linked folder that a walk could not read. Tried again by each walk. */
export interface Unread {
  /** Where it lies; of one whose name cannot be used, the folder that it lies in. */
  readonly path: DrivePath;
  /** How the drive spells a name that cannot be used. */
  readonly spelling?: string;
  /** A file that was listed, and whose content could not be read. */
  readonly file?: FileEntry;
  readonly code: ErrorCode;
  /** A sentence for people. */
  readonly reason: string;
  /** When it was met first, milliseconds since 1970 UTC. */
  readonly since: number;
  /** True from the second walk on that met it: it is recorded then. */
  readonly lasts?: true;
  /**
   * Whether files that are known may lie there, as the last full listing found: they do not count as gone.
   */
  readonly withholds?: boolean;
}

/** Files that one walk goes on without; when there are more, it is not these files. */
export const mostUnread = 500;

/** What one walk could not read, against what the walk before could not. */
export interface UnreadList {
  /** Something that a drive could not read. */
  note(unreadable: Unreadable): void;
  /** A file whose content could not be read. */
  noteFile(file: FileEntry, error: Unreadable['error']): void;
  /** It was read, or is not there any more. */
  settle(path: DrivePath): void;
  settleWithin(folder: DrivePath): void;
  /** Whether the walk before met it too. */
  lasts(path: DrivePath): boolean;
  /** Of the walk before, what this one has not come to yet. */
  left(): Unread[];
  /** Of this walk, files that are worth another try at its end. */
  again(): FileEntry[];
  /** Whether a file that a full listing did not name may be one of those that could not be read. */
  mayBe(file: KnownFile): boolean;
  /** After a full listing, and `mayBe` for every file that it did not name. */
  closeFull(): void;
  /** Carries over what a feed does not repeat. */
  carry(unread: Unread): void;
  all(): Unread[];
  /** Of the walk before, what is read now. */
  resolved(): Unread[];
  /** Nothing differs from what the walk before has stored. */
  isAsBefore(): boolean;
}

export interface UnreadOptions {
  readonly before: readonly Unread[];
  readonly caseSensitive: boolean;
  readonly now: () => number;
  /** Whether the walk named something at this path: then that is not what could not be read. */
  readonly isNamed: (path: DrivePath) => boolean;
}

/** What tells one of them from others, from walk to walk. */
export const placeKey = ({ path, spelling }: Pick<Unread, 'path' | 'spelling'>) =>
  JSON.stringify([path, spelling ?? null]);

export function createUnreadList({ before, caseSensitive, now, isNamed }: UnreadOptions): UnreadList {
  const earlier = new Map(before.map((unread) => [placeKey(unread), unread]));
  const found = new Map<string, Unread>();
  const settled = new Set<string>();
  const place = (path: DrivePath) => (caseSensitive ? path : foldedName(path)) as DrivePath;

  const put = ({ path, spelling, error }: Unreadable, file?: FileEntry) => {
    const key = placeKey({ path, ...(spelling !== undefined && { spelling }) });
    const known = earlier.get(key);
    settled.delete(key);
    found.set(key, {
      path,
      ...(spelling !== undefined && { spelling }),
      ...(file && { file }),
      code: error.code,
      reason: error.message,
      since: known?.since ?? now(),
      ...(known && { lasts: true }),
      ...(known?.withholds !== undefined && { withholds: known.withholds }),
    });
  };
  const settle = (key: string) => {
    found.delete(key);
    settled.add(key);
  };
  const setWithholds = (key: string, withholds: boolean) =>
    found.set(key, { ...(found.get(key) as Unread), withholds });
  const withholding = new Set<string>();

  return {
    note: (unreadable) => put(unreadable),
    noteFile: (file, error) => put({ path: file.path, error }, file),
    settle: (path) => settle(placeKey({ path })),
    settleWithin(folder) {
      for (const { path, ...each } of [...before, ...found.values()])
        if (isWithin(place(path), place(folder))) settle(placeKey({ path, ...each }));
    },
    lasts: (path) => earlier.has(placeKey({ path })),
    left: () => before.filter((unread) => !found.has(placeKey(unread)) && !settled.has(placeKey(unread))),
    again: () =>
      [...found.values()].flatMap(({ file, code }) =>
        file && code !== 'timeout' && code !== 'forbidden' ? [file] : [],
      ),
    carry: (unread) => void found.set(placeKey(unread), { ...unread, lasts: true }),
    mayBe(file) {
      let may = false;
      for (const [key, unread] of found) {
        const folder = place(unread.path);
        if (unread.file || !isWithin(place(file.path), folder)) continue;
        const known = earlier.get(key);
        // A name that was there before, when nothing was missing, stands for something else.
        if (unread.spelling !== undefined && known?.withholds === false) continue;
        if (unread.spelling !== undefined && isNamed(childOf(file.path, unread.path))) continue;
        withholding.add(key);
        may = true;
      }
      return may;
    },
    closeFull() {
      for (const key of found.keys()) setWithholds(key, withholding.has(key));
    },
    all: () => [...found.values()],
    resolved: () => before.filter((unread) => !found.has(placeKey(unread))),
    isAsBefore: () => JSON.stringify(sorted(found.values())) === JSON.stringify(sorted(before)),
  };
}

/** The name in `folder` on the way to `path`. */
function childOf(path: DrivePath, folder: DrivePath): DrivePath {
  return `/${namesOf(path)
    .slice(0, namesOf(folder).length + 1)
    .join('/')}` as DrivePath;
}

/** What matters of them, in an order that does not depend on the walk. */
function sorted(unread: Iterable<Unread>): unknown[] {
  return [...unread]
    .map(({ path, spelling, code, lasts, withholds, file }) => [path, spelling, code, lasts, withholds, file?.revision])
    .sort((some, other) => (JSON.stringify(some) < JSON.stringify(other) ? -1 : 1));
}
