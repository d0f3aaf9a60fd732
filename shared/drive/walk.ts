import { DossierError } from '../core/errors.ts';
import { isRecord, parseJson } from '../core/json.ts';
import { type DrivePath, isWithin, parentOf } from '../core/paths.ts';
import type { Change, ChangePage } from './changes.ts';
import type { Entry, FileEntry } from './entry.ts';
import type { Unreadable } from './unreadable.ts';

/** Path to revision; folders: empty. A file that was not settled: `~` before it. A name that cannot be used: see below. */
type Snapshot = Record<string, string>;

const unsettledMark = '~';
/** What stands for a name that cannot be used; no path begins like this. */
const namelessKey = ({ path, spelling }: Unreadable) => `?${path}\n${spelling}`;
const isPath = (key: string): key is DrivePath => key.startsWith('/');

/**
 * The change feed of a drive without one: list everything, compare with what the cursor remembers. The cursor is the
 * remembered listing itself. What could not be read stays as it was known.
 */
export function compareWalk(
  cursor: string | undefined,
  { entries, unreadable }: { readonly entries: readonly Entry[]; readonly unreadable: readonly Unreadable[] },
): ChangePage {
  const known = cursor === undefined ? {} : parseSnapshot(cursor);
  const seen: Snapshot = {};
  const changes: Change[] = [];
  const again: FileEntry[] = [];
  for (const entry of entries) {
    const mark = entry.type === 'file' ? `${entry.unsettled ? unsettledMark : ''}${entry.revision}` : '';
    const before = known[entry.path];
    seen[entry.path] = mark;
    if (before === undefined || settled(before) !== settled(mark)) changes.push({ type: 'present', entry });
    else if (before !== settled(before) && entry.type === 'file') again.push(entry);
  }
  keepUnread(known, seen, unreadable);
  const gone = Object.keys(known)
    .filter((path) => isPath(path) && seen[path] === undefined)
    .sort();
  const roots: string[] = [];
  // A folder that is gone speaks for everything in it; sorted by name, it comes right before its content.
  for (const path of gone) if (!path.startsWith(`${roots.at(-1)}/`)) roots.push(path);
  changes.unshift(...roots.map((path): Change => ({ type: 'gone', path: path as DrivePath })));
  return {
    changes,
    cursor: JSON.stringify(seen),
    complete: true,
    ...(unreadable.length > 0 && { unreadable }),
    ...(again.length > 0 && { again }),
  };
}

const settled = (mark: string) => (mark.startsWith(unsettledMark) ? mark.slice(unsettledMark.length) : mark);

/** Nothing that could not be read counts as gone. */
function keepUnread(known: Snapshot, seen: Snapshot, unreadable: readonly Unreadable[]): void {
  const paths = Object.keys(known).filter(isPath);
  const keep = (isKept: (path: DrivePath) => boolean) => {
    for (const path of paths) if (isKept(path)) seen[path] ??= known[path] as string;
  };
  for (const each of unreadable) {
    if (each.spelling === undefined) {
      keep((path) => isWithin(path, each.path));
      continue;
    }
    const missing = paths.filter((path) => parentOf(path) === each.path && seen[path] === undefined);
    // A name that is new may be any of those that are missing, as long as it is there.
    if (known[namelessKey(each)] !== undefined || missing.length === 0) seen[namelessKey(each)] = '';
    else keep((path) => missing.some((lost) => isWithin(path, lost)));
  }
}

function parseSnapshot(cursor: string): Snapshot {
  const snapshot = parseJson(cursor, 'cursor-reset', 'The remembered listing');
  if (!isRecord(snapshot)) throw new DossierError('cursor-reset');
  return snapshot as Snapshot;
}
