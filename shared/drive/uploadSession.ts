import type { DossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import type { Json } from '../core/json.ts';
import type { EntryRef, FileEntry } from './entry.ts';

/** How the drive knows that the destination holds the bytes. */
export type ProofMethod =
  /** The write was refused unless the hash fitted, or its answer carried the server's hash. */
  | 'returned-hash'
  /** The server hashed the stored file when asked. */
  | 'server-hash'
  /** The stored file was read back and hashed here. */
  | 'read-back';

export interface Proof {
  readonly method: ProofMethod;
  readonly algorithm: 'sha256' | 'dropboxContentHash';
  /** Lower-case hexadecimal. */
  readonly digest: string;
}

export interface Committed {
  readonly entry: FileEntry;
  readonly proof: Proof;
}

/** Where an upload is to end. The name is used as it is; the entry that comes back tells the name it got. */
export interface UploadTarget {
  readonly folder: EntryRef;
  readonly name: string;
  /** Absent: the file must be new. Given: replaces exactly this revision. */
  readonly replace?: string;
  /** Modification time to claim, milliseconds since 1970 UTC. */
  readonly modified?: number;
}

/**
 * An upload in progress at the server: plain JSON, so that another process can go on with it. Whoever holds it persists
 * what `startUploads` and `append` return before doing the next step.
 */
export interface UploadSession {
  /** Drive kind that made it; another kind must refuse it with `unsupported`. */
  readonly kind: string;
  readonly target: UploadTarget;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes of every chunk but the last. */
  readonly chunkSize: number;
  /** Indexes of chunks that the server has acknowledged, ascending. A file of 0 bytes has no chunks. */
  readonly received: readonly number[];
  /** What the drive itself needs to go on. Holds no secret. */
  readonly data: Json;
}

/** One chunk of one session. */
export interface Piece {
  readonly session: UploadSession;
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Dropbox content hash of these bytes, lower-case hexadecimal. */
  readonly contentHash: string;
}

/** Per-session outcome of a call that carries several. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DossierError };

export interface UploadRequest {
  readonly target: UploadTarget;
  /** Bytes. */
  readonly size: number;
  readonly chunkSize: number;
}

export interface Commit {
  readonly session: UploadSession;
  /** Of the whole file, computed while it was read. */
  readonly digests: Digests;
}
