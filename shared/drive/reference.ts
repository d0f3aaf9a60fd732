import { DossierError } from '../core/errors.ts';
import { type DrivePath, isWithin, rootPath } from '../core/paths.ts';
import type { EntryRef } from './entry.ts';

/** Which drive refuses a reference, and while it does what. */
interface Refusal {
  readonly operation: string;
  /** Kind of the drive. */
  readonly where: string;
}

/**
 * Where a reference lies on a drive whose entries have no ids. One that names an id names nothing there: its path is
 * only a hint, often that of the root, and is never taken instead.
 *
 * @throws `invalid-input` for a reference with an id.
 */
export function pathWithoutId({ path, id }: EntryRef, refusal: Refusal): DrivePath {
  if (id === undefined) return path;
  throw new DossierError('invalid-input', 'This connection names files and folders by path, not by ID', refusal);
}

/**
 * The connected folder itself is never removed, moved or copied: what is meant by that is always something else. To be
 * called with the path at which a reference was found.
 *
 * @throws `invalid-input` for the root.
 */
export function refuseRoot(path: DrivePath, refusal: Refusal): void {
  if (path !== rootPath) return;
  throw new DossierError('invalid-input', 'The connected folder itself cannot be removed, moved or copied', {
    ...refusal,
    path,
  });
}

/**
 * A folder is never moved or copied into itself: servers answer that in many ways, one of which is to lose it.
 *
 * @throws `invalid-path` when `to` lies in `from`.
 */
export function refuseInsideItself(from: DrivePath, to: DrivePath, refusal: Refusal): void {
  if (from === to || !isWithin(to, from)) return;
  throw new DossierError('invalid-path', 'A folder cannot be put into itself', { ...refusal, path: to });
}
