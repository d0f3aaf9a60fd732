/**
 * What the core needs from a host: time, network, files, randomness and a log. Each host fills these once.
 * The core itself reaches for none of them (see the package rules of n8n, and the patched `https` of VS Code).
 */
export interface Clock {
  /** Wall-clock time, milliseconds since 1970 UTC. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with `cancelled` when the signal aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Bytes of a known length that can be opened more than once, so that a request can be sent again. */
export interface SizedBody {
  /** Bytes. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Always sent with `Content-Length`, never chunked (a chunked PUT leaves empty files on some servers). */
  readonly body?: Uint8Array | SizedBody;
  readonly signal?: AbortSignal;
  /** Milliseconds without any progress after which the request fails with `timeout`. The host has a default. */
  readonly timeoutMs?: number;
  /** Send no credentials with this one. */
  readonly anonymous?: boolean;
  /** Called with the body bytes handed to the network so far; a hint for progress, not a confirmation. */
  readonly onSent?: (bytes: number) => void;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be read once. Leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * One request, one response. Obligations:
 * - any HTTP status resolves; only failures of the transport reject, with `offline`, `timeout`, `untrusted-certificate`
 * or `cancelled`;
 * - redirects are not followed;
 * - no cookies are kept; no secret is logged;
 * - aborting the signal destroys the connection, also while the response body is being read.
 */
export interface HttpPort {
  send(request: HttpRequest): Promise<HttpResponse>;
}

export type FileKind = 'file' | 'folder' | 'other';

export interface FileStat {
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970 UTC, with fractions where the file system has them. */
  readonly modified: number;
  /** Identity of the file itself on this machine (device and inode), stable across renames. */
  readonly id: string;
  /** Changes whenever content or metadata are written: ctime where there is one. */
  readonly changed: number;
}

/**
 * Files of the machine. Paths are native and absolute. Symbolic links are never followed by `stat` and `list`: a link
 * is `other`. Failures reject with a DossierError: `not-found`, `parent-missing`, `already-exists`, `type-mismatch`,
 * `forbidden`, `quota-exceeded` (disk full),
 * `server-error` (device error).
 */
export interface FilesPort {
  /** Joins a native folder and one name. */
  join(folder: string, ...names: string[]): string;
  stat(path: string): Promise<FileStat | undefined>;
  /** Names in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  /** Bytes from `start` up to but not including `end`. */
  read(path: string, range?: { start?: number; end?: number }): AsyncIterable<Uint8Array>;
  /** Fills `into` with the bytes from `start` on; gives their number, which is smaller only at the end of the file. */
  readInto(path: string, start: number, into: Uint8Array): Promise<number>;
  /** Creates one folder; `already-exists` when anything has the name. */
  makeFolder(path: string): Promise<void>;
  /**
   * Writes at `offset` and makes it durable before it resolves. Offset 0 creates the file, or empties it when it is
   * there; a larger offset first cuts the file to that length and fails with `offset-mismatch` when it is shorter.
   */
  write(path: string, offset: number, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Gives a file its final name durably, without ever replacing: `already-exists` when anything has the name. */
  publish(from: string, to: string): Promise<void>;
  /** Moves a file or folder durably; replaces a file of that name. */
  replace(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all that is in it; resolves when it is gone already. */
  remove(path: string): Promise<void>;
  /** Removes a folder with nothing in it, else `already-exists`; resolves when it is gone already. */
  removeEmptyFolder(path: string): Promise<void>;
  setModified(path: string, modified: number): Promise<void>;
  /** Bytes that this user may still write where the path lies. Absent in hosts that cannot tell. */
  freeBytes?(path: string): Promise<number>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Takes sentences and plain values. What is written has gone through `redact`. */
export interface Log {
  write(level: LogLevel, message: string, values?: Readonly<Record<string, unknown>>): void;
}

/** Cryptographically strong random bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/** A log that keeps nothing. */
export const silentLog: Log = { write: () => undefined };
