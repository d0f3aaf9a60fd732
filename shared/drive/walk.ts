import { DossierError } from '../core/errors.ts';
import { isRecord, parseJson } from '../core/json.ts';
import type { DrivePath } from '../core/paths.ts';
import type { Change, ChangePage } from './changes.ts';
import type { Entry } from './entry.ts';

/**
 * The change feed of a drive without one: list everything, compare with what the cursor remembers. The cursor is the
 * remembered listing itself, one line an entry: path to revision (folders: empty).
 */
export function compareWalk(cursor: string | undefined, listing: readonly Entry[]): ChangePage {
  const known = cursor === undefined ? {} : parseSnapshot(cursor);
  const seen: Record<string, string> = {};
  const changes: Change[] = [];
  for (const entry of listing) {
    const mark = entry.type === 'file' ? entry.revision : '';
    seen[entry.path] = mark;
    if (known[entry.path] !== mark) changes.push({ type: 'present', entry });
  }
  const gone = Object.keys(known)
    .filter((path) => seen[path] === undefined)
    .sort();
  const roots: string[] = [];
  // A folder that is gone speaks for everything in it; sorted by name, it comes right before its content.
  for (const path of gone) if (!path.startsWith(`${roots.at(-1)}/`)) roots.push(path);
  changes.unshift(...roots.map((path): Change => ({ type: 'gone', path: path as DrivePath })));
  return { changes, cursor: JSON.stringify(seen), complete: true };
}

function parseSnapshot(cursor: string): Record<string, string> {
  const snapshot = parseJson(cursor, 'cursor-reset', 'The remembered listing');
  if (!isRecord(snapshot)) throw new DossierError('cursor-reset');
  return snapshot as Record<string, string>;
}
