import { parentOf } from '../core/paths.ts';
import type { Entry, FileEntry } from '../drive/entry.ts';

/** Why somebody could find out the content of a file from its public hash, by trying. */
export type GuessReason =
  /** Too few bytes to hold much that is not known. */
  | 'short'
  /** The same content lies there several times: a form, a template, an empty document. */
  | 'repeated'
  /** One of a row of small files that are named and sized alike, as filled-in forms are. */
  | 'series';

export interface GuessableFile {
  readonly file: FileEntry;
  readonly reason: GuessReason;
}

/** Bytes. */
const short = 1_024;
/** What can be filled into a larger file is too much to try. */
const largestForm = 65_536;
const smallestSeries = 3;

/**
 * The files of a listing that should not be linked publicly without a second thought: whoever guesses a content can
 * compare it with the published hash. An empty file says nothing and is not among them.
 */
export function guessable(entries: Iterable<Entry>): GuessableFile[] {
  const files = [...entries].filter((entry): entry is FileEntry => entry.type === 'file' && entry.size > 0);
  const contents = countBy(files, ({ digest }) => digest);
  const rows = countBy(files, rowOf);
  return files.flatMap((file): GuessableFile[] => {
    if (file.size < short) return [{ file, reason: 'short' }];
    if (file.size > largestForm) return [];
    if (file.digest !== undefined && (contents.get(file.digest) ?? 0) > 1) return [{ file, reason: 'repeated' }];
    const row = rowOf(file);
    return row !== undefined && (rows.get(row) ?? 0) >= smallestSeries ? [{ file, reason: 'series' }] : [];
  });
}

/** Files of one row differ in their numbers only, and hardly in their size. */
function rowOf({ name, path, size }: FileEntry): string | undefined {
  const shape = name.replace(/\d+/g, '#');
  return size > largestForm || shape === name
    ? undefined
    : JSON.stringify([parentOf(path), shape, Math.round(Math.log2(size) * 8)]);
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const name = nameOf(item);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
