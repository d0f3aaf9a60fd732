import type { DrivePath } from '../core/paths.ts';
import type { Entry, FileEntry } from './entry.ts';
import type { Unreadable } from './unreadable.ts';

/** Position in a change feed. Opaque; may be large for drives whose `capabilities.changes` is `walk`. */
export type Cursor = string;

export type Change =
  | { readonly type: 'present'; readonly entry: Entry }
  /** The file, or the folder with all that is in it, is gone from this path. `id` where the drive knows it. */
  | { readonly type: 'gone'; readonly path: DrivePath; readonly id?: string };

export interface ChangePage {
  /** To be applied in order. */
  readonly changes: readonly Change[];
  /** Persist it after the page was applied; also for an empty page. */
  readonly cursor: Cursor;
  /**
   * True on the last page. Deletes are final only then: an id that is gone at one path and present at another by the
   * end is a move. A walking drive may give its one cursor only with the last page.
   */
  readonly complete: boolean;
  /**
   * The cursor was too old: what follows is a full listing, and whatever it does not name is gone. Set on the first
   * page of such a walk.
   */
  readonly reset?: true;
  /**
   * What could not be read: whatever was known there is neither gone nor unchanged. On the last page of a walking drive,
   * all that cannot be read now; on pages of a feed, what is new. A listing that is not complete has some.
   */
  readonly unreadable?: readonly Unreadable[];
  /** Files of which nothing differs from the last look but, perhaps, the content: see `FileEntry.unsettled`. */
  readonly again?: readonly FileEntry[];
}
