/** What a drive can do, as data. The uploader, the mirror and the ledger ask this and never the kind. */
export interface Capabilities {
  /** Entries carry an `id` that survives rename and move. */
  readonly stableIds: boolean;
  /** An upload into a folder that is named by id needs no look at the folder first; one by path does. */
  readonly writesById: boolean;
  /** Names that differ only in case are different entries. */
  readonly caseSensitive: boolean;
  /** The digest that listings carry without a download, if any. */
  readonly listedDigest: 'dropboxContentHash' | undefined;
  /** `feed`: a server-side cursor; `walk`: the folder is listed and compared with what the cursor remembers. */
  readonly changes: 'feed' | 'walk';
  /** `waitForChange` waits at the server instead of returning at once. */
  readonly longPoll: boolean;
  /**
   * `upload` and `commit` with `replace` are refused by the server when the revision is stale; otherwise it is a look
   * before a write.
   */
  readonly conditionalReplace: boolean;
  /** `link` gives an address that a person can open. */
  readonly links: boolean;
  /** `copy` happens at the server. */
  readonly copy: boolean;
  readonly upload: UploadCapabilities;
}

export interface UploadCapabilities {
  /** Largest file the drive takes, bytes. */
  readonly maxFileSize: number;
  /** Largest content that `upload` takes in one request, bytes. */
  readonly maxSingle: number;
  /**
   * Files larger than `maxSingle` go by session. False where the service has none (plain WebDAV): then they go by
   * `uploadStreamed`, and an interrupted one starts anew.
   */
  readonly sessions: boolean;
  /** Requests that may be under way at one time, over all files. */
  readonly connections: number;
  /** Of these, chunks of sessions: the servers take fewer of them at a time. */
  readonly chunksInFlight: number;
  /** Pieces of different sessions that one `append` may carry; 1 where the service has no such call. */
  readonly piecesPerAppend: number;
  /** Largest sum of bytes of one `append`. */
  readonly maxAppend: number;
  /** Sessions that one `commit` may finish in one call; 1 where each file is finished by itself. */
  readonly sessionsPerCommit: number;
  /** Chunks of one session must be appended one after the other. */
  readonly inOrder: boolean;
  /** The least and the usual chunk, bytes; every chunk but the last is a multiple of `chunkMultiple`. */
  readonly chunkMin: number;
  readonly chunkSize: number;
  readonly chunkMultiple: number;
  /** Most chunks of one session. */
  readonly maxChunks: number;
}
