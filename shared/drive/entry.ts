import type { DrivePath } from '../core/paths.ts';

interface EntryBase {
  /**
   * As the server returned it; the truth about where the entry lies. Drives that fold case may return another case than
   * was asked for.
   */
  readonly path: DrivePath;
  readonly name: string;
  /** Stable id where `capabilities.stableIds`; absent otherwise. */
  readonly id?: string;
}

export interface FileEntry extends EntryBase {
  readonly type: 'file';
  /** Bytes. */
  readonly size: number;
  /** Opaque; differs whenever the content was written anew. */
  readonly revision: string;
  /** Last change as the server tells it, milliseconds since 1970 UTC. A claim, not evidence. */
  readonly modified: number;
  /** Digest that the server computed itself, where `capabilities.listedDigest` names one and the file can be hashed. */
  readonly digest?: string;
  /**
   * Written so shortly before this look that a later writing may have left size, time and revision the same: look at the
   * content again next time.
   */
  readonly unsettled?: true;
  /** False for documents that exist only at the service and have no bytes (Paper, Google documents). */
  readonly downloadable: boolean;
}

export interface FolderEntry extends EntryBase {
  readonly type: 'folder';
  /** Where the service has one for folders. */
  readonly revision?: string;
}

export type Entry = FileEntry | FolderEntry;

/**
 * Names an entry: by `id` where it is given, else by `path`. With an id the path is a hint that may be out of date or
 * unknown (then it is the root), and a drive without stable ids refuses the reference. An `Entry` is a reference to
 * itself.
 */
export interface EntryRef {
  readonly path: DrivePath;
  readonly id?: string;
}

export interface Account {
  /** Stable and unique within the drive's kind. */
  readonly id: string;
  /** For people: a name or an e-mail address. */
  readonly label: string;
  /** Free bytes, where the service tells. */
  readonly freeBytes?: number;
  /** Where the service has several. */
  readonly plan?: AccountPlan;
}

/** `team`: a member of a team that has a space of its own, which is then the root. */
export type AccountPlan = 'personal' | 'business' | 'team';
