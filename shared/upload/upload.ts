import type { Digests } from '../core/hashing.ts';
import type { Clock } from '../core/ports.ts';
import type { RetryPolicy } from '../core/retry.ts';
import type { Context, Drive } from '../drive/drive.ts';
import type { ByteSource } from '../drive/source.ts';
import type { Committed, Outcome, UploadSession, UploadTarget } from '../drive/uploadSession.ts';

/**
 * One file to be delivered. `id` names this file at this target for good: it is how a later process finds its record
 * again.
 */
export interface UploadItem {
  readonly id: string;
  readonly source: ByteSource;
  readonly target: UploadTarget;
  /** Told the digests of the source once all of it has been read. */
  readonly onRead?: (digests: Digests) => void;
  /** What the bytes are follows from the other items: read after all of them. The size is known before. */
  readonly last?: true;
}

/**
 * `waiting`: the intent is recorded, nothing was sent. `sending`: bytes may be at the server. `committed`: proved to be
 * at the target.
 */
export type UploadState = 'waiting' | 'sending' | 'committed';

/** How far one file has come. Plain JSON; holds no secret. */
export interface UploadRecord {
  readonly id: string;
  /** Of the source when its delivery was first asked for. */
  readonly fingerprint: string;
  /** Bytes. */
  readonly size: number;
  readonly state: UploadState;
  /** Absent for files that go in one request. */
  readonly session?: UploadSession;
  /** Once the whole source has been read. */
  readonly digests?: Digests;
  readonly committed?: Committed;
}

/** Where records are kept. The uploader calls `save` one at a time. */
export interface UploadJournal {
  /** Records of the items that are about to be delivered; others are ignored. */
  load(): Promise<readonly UploadRecord[]>;
  /**
   * Writes these records in place of those with the same ids, all or none, and leaves the others. Durable once it
   * resolves.
   */
  save(records: readonly UploadRecord[]): Promise<void>;
}

export interface UploadProgress {
  readonly id: string;
  /** Acknowledged bytes and those handed to the network: a hint. */
  readonly sentBytes: number;
  /** The file goes in one request: nothing of it is acknowledged before its end. */
  readonly whole: boolean;
  /** Bytes the server has confirmed. */
  readonly acknowledgedBytes: number;
  readonly size: number;
  readonly state: UploadState;
}

export interface UploaderOptions {
  readonly drive: Drive;
  readonly clock: Clock;
  readonly journal: UploadJournal;
  readonly policy?: RetryPolicy;
  readonly onProgress?: (event: UploadProgress) => void;
}

export interface DeliveryContext extends Context {
  /**
   * Once it aborts, nothing more is begun; what is under way may end and is acknowledged, and then it is as if `signal`
   * had aborted.
   */
  readonly closing?: AbortSignal | undefined;
}

export interface Uploader {
  /**
   * Delivers files and resolves with one outcome an item, in order. Rejects only when the journal fails. Obligations:
   * - the intent is durable before any byte leaves, each acknowledged chunk soon after, `committed` before the outcome
   * is given;
   * - a file whose record says `committed` is not sent again; one that was interrupted goes on from its session, in
   * this or another process, and the
   *   server is asked first what it holds: nothing of that is sent again, where the service can tell;
   * - a source that changed since its record was made, or while it was read, ends in `source-changed`, before anything
   * of it is committed;
   * - the failure of one file leaves the others alone, unless it concerns all (`offline`, `unauthorized`,
   * `quota-exceeded`…): then the rest ends
   *   with the same error, at once;
   * - memory: at most 64 MiB or one chunk more than are under way at one time, whichever is more, whatever the sizes
   * and the connections;
   * - what is acknowledged grows steadily on any line: no more is under way than the line carries in a few seconds;
   * - aborting the signal gives `cancelled` to all that is not committed; nothing is lost by it, a later call goes on.
   */
  deliver(items: readonly UploadItem[], context?: DeliveryContext): Promise<Outcome<Committed>[]>;
}
