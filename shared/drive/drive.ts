import type { Digests } from '../core/hashing.ts';
import type { SizedBody } from '../core/ports.ts';
import type { Capabilities } from './capabilities.ts';
import type { ChangePage, Cursor } from './changes.ts';
import type { Account, Entry, EntryRef, FolderEntry } from './entry.ts';
import type { Unreadable } from './unreadable.ts';
import type { Commit, Committed, Outcome, Piece, UploadRequest, UploadSession, UploadTarget } from './uploadSession.ts';

/** Passed to everything that takes time. Aborting rejects with `cancelled` and destroys the connection. */
export interface Context {
  readonly signal?: AbortSignal | undefined;
  /** Body bytes of this call handed to the network so far; a hint, not a confirmation. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

export interface AccountContext extends Context {
  /** Also ask how much space is free, where that is a question of its own. */
  readonly withSpace?: boolean;
}

export interface ListOptions {
  /** All levels, a folder before its content. */
  readonly recursive?: boolean;
  /** Told of each entry that could not be read: the listing is then not complete. */
  readonly onUnreadable?: (unreadable: Unreadable) => void;
}

export interface RemoveContext extends Context {
  /**
   * For Dossier's own records, which nobody will look for in the trash of the service: they do not go there, where the
   * service lets one choose. Never for what belongs to a user.
   */
  readonly permanently?: boolean;
  /**
   * A folder goes only while nothing is in it, not even what listings leave out; else `already-exists`. Services without
   * such a call ignore this: whoever asks has looked before.
   */
  readonly ifEmpty?: boolean;
}

export interface ChangesOptions {
  /**
   * Look into every folder, also where its revision says that nothing changed: on storage that others write to behind
   * the server's back, revisions say nothing.
   */
  readonly everywhere?: boolean;
}

/**
 * An opened connection to a place that holds files. Obligations, each proved by `driveSuite` on every implementation:
 * - paths and names that come back are the truth; nothing predicts them;
 * - drives never repeat a request of their own accord: they throw, and `core/retry.ts` repeats;
 * - failures are `DossierError`; the codes named here may be joined by `unauthorized`, `forbidden`, `rate-limited`,
 * `offline`, `timeout`,
 *   `server-error`, `invalid-response` and `cancelled` anywhere;
 * - reads see completed writes;
 * - a reference that cannot be resolved is an error or nothing, and never something wider: a drive without stable ids
 *   refuses a reference with an id (`invalid-input`), and nothing resolves to the root but the root itself;
 * - hostile answers never end in a path outside the folder asked for: endless pages and oversized documents are
 * `invalid-response`;
 * - one entry that cannot be read never hides the others, and is never left out in silence: see `Unreadable`.
 */
export interface Drive {
  /** `dropbox`, `nextcloud`, `webdav`, `localFolder`, `memory`. */
  readonly kind: string;
  readonly capabilities: Capabilities;

  /** Whose place this is; the cheapest call that proves the credentials. Safe to repeat. */
  account(context?: AccountContext): Promise<Account>;

  /** The entry, or undefined when nothing is there. Safe to repeat. */
  stat(ref: EntryRef, context?: Context): Promise<Entry | undefined>;

  /**
   * Pages of what lies in a folder, the folder itself not included; with `recursive` all levels, a folder before its
   * content. Never a silently shortened listing: what cannot be read is told to `onUnreadable`, and the rest goes on;
   * without one, it throws. Codes: `not-found`, `type-mismatch`. Safe to repeat from the start.
   */
  list(folder: EntryRef, options?: ListOptions, context?: Context): AsyncIterable<readonly Entry[]>;

  /**
   * Content of a file from `start` up to `end`, streamed. Codes: `not-found`, `type-mismatch`, `unsupported` (no
   * bytes). Safe to repeat.
   */
  read(
    ref: EntryRef,
    range?: { readonly start?: number; readonly end?: number },
    context?: Context,
  ): AsyncIterable<Uint8Array>;

  /**
   * Makes one new folder, or fails with `already-exists` when anything has that name; never merges into one that is
   * there. Atomic: of many clients at most one succeeds (nobody, with `locked`, is allowed: try again). Codes:
   * `already-exists`, `parent-missing`, `invalid-path`, `locked`,
   * `quota-exceeded`. Not safe to repeat blindly: after an unclear failure `already-exists` may mean our own.
   */
  createFolder(parent: EntryRef, name: string, context?: Context): Promise<FolderEntry>;

  /**
   * Removes a file, or a folder with everything in it. Resolves when it is gone already. The root is `invalid-input`,
   * however it was named. Safe to repeat.
   */
  remove(ref: EntryRef, context?: RemoveContext): Promise<void>;

  /**
   * Moves or renames without replacing. The root is `invalid-input`, a folder into itself `invalid-path`. Codes:
   * `not-found`, `already-exists`, `parent-missing`, `invalid-path`.
   */
  move(ref: EntryRef, folder: EntryRef, name: string, context?: Context): Promise<Entry>;

  /** As `move`, the original stays. `unsupported` unless `capabilities.copy`. */
  copy(ref: EntryRef, folder: EntryRef, name: string, context?: Context): Promise<Entry>;

  /** An address under which a person can open the entry. `unsupported` unless `capabilities.links`. Safe to repeat. */
  link(ref: EntryRef, context?: Context): Promise<string>;

  /**
   * One small file in one request, at most `capabilities.upload.maxSingle` bytes, with the precondition of the target,
   * proved before it resolves. Codes: `already-exists`, `revision-conflict`, `parent-missing`, `invalid-path`,
   * `quota-exceeded`, `too-large`, `integrity-mismatch`. After an unclear failure (`offline`, `timeout`,
   * `server-error`) look with `stat` before repeating.
   */
  upload(target: UploadTarget, bytes: Uint8Array, digests: Digests, context?: Context): Promise<Committed>;

  /**
   * As `upload`, for content of any size up to `capabilities.upload.maxFileSize`, streamed: how large files go where
   * there are no sessions.
   * `unsupported` where there are (`capabilities.upload.sessions`). `digests` is asked once `content` was read to its
   * end, so that it is read only once.
   */
  uploadStreamed(
    target: UploadTarget,
    content: SizedBody,
    digests: () => Digests,
    context?: Context,
  ): Promise<Committed>;

  /**
   * Opens one session per request, in the same order, in as few calls as the service allows. Sends no content.
   * `unsupported` unless
   * `capabilities.upload.sessions`. Safe to repeat; unused sessions expire.
   */
  startUploads(requests: readonly UploadRequest[], context?: Context): Promise<UploadSession[]>;

  /**
   * Sends chunks: one piece, or up to `capabilities.upload.piecesPerAppend` pieces of different sessions in one
   * request. Resolves with one outcome a piece, in order; a success carries the session record with the chunk in
   * `received`. The call itself rejects when nothing is known of any piece. Sending a chunk again that is there already
   * is a success. Codes of outcomes: `offset-mismatch`, `session-expired`, `integrity-mismatch`, `quota-exceeded`.
   */
  append(pieces: readonly Piece[], context?: Context): Promise<Outcome<UploadSession>[]>;

  /**
   * What the server holds of a session now: the record with `received` corrected. Where the service cannot tell, the
   * record as it was.
   * `session-expired` when it is gone. Safe to repeat.
   */
  inspectUpload(session: UploadSession, context?: Context): Promise<UploadSession>;

  /**
   * Gives finished sessions their names, up to `capabilities.upload.sessionsPerCommit` in one call, and proves each.
   * Never replaces what we did not create. One outcome a session, in order. A session that was committed already (its
   * answer was lost) is settled by looking: same size and digest at the target is a success. Outcome codes:
   * `already-exists`, `revision-conflict`, `parent-missing`, `invalid-path`, `quota-exceeded`, `session-expired`,
   * `offset-mismatch` (chunks are missing: see `inspectUpload`), `integrity-mismatch`, `rate-limited`. Safe to repeat.
   */
  commit(commits: readonly Commit[], context?: Context): Promise<Outcome<Committed>[]>;

  /** Lets the server forget sessions, as far as it can. Never touches committed files. Safe to repeat. */
  abandonUploads(sessions: readonly UploadSession[], context?: Context): Promise<void>;

  /**
   * Takes away what uploads that were cut off have left directly in a folder under hidden names of the drive's own.
   * Only for a folder into which nothing is under way; no listed entry is touched. Some of many may be left for the
   * next time. Safe to repeat.
   */
  clearUnfinished(folder: EntryRef, context?: Context): Promise<void>;

  /**
   * Proves an existing file against digests: by the server's hash where there is one, else by reading it back.
   * Undefined when nothing is there; `integrity-mismatch` when it is something else. Safe to repeat.
   */
  prove(ref: EntryRef, size: number, digests: Digests, context?: Context): Promise<Committed | undefined>;

  /** Position from which `changes` tells only what happens after now. Safe to repeat. */
  latestCursor(folder: EntryRef, context?: Context): Promise<Cursor>;

  /**
   * Changes in a folder and all its subfolders since `cursor`; without one, everything that is there. Nothing is told
   * as gone that only could not be read. Codes: `not-found` (the folder is gone).
   */
  changes(
    folder: EntryRef,
    cursor: Cursor | undefined,
    context?: Context,
    options?: ChangesOptions,
  ): AsyncIterable<ChangePage>;

  /**
   * Waits at the server, at most `timeoutMs`, until something may have changed. Resolves at once with true unless
   * `capabilities.longPoll`.
   */
  waitForChange(folder: EntryRef, cursor: Cursor, timeoutMs: number, context?: Context): Promise<boolean>;
}
