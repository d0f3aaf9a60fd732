import type { ErrorCode } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import type { Clock, HttpPort, HttpResponse, Log } from '../../core/ports.ts';
import { type Sentence } from '../../core/sentence.ts';
import type { ChangePage, Cursor } from '../../drive/changes.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Entry, EntryRef, FolderEntry } from '../../drive/entry.ts';
import type { Unreadable } from '../../drive/unreadable.ts';

/*
 * What this drive needs of WebDAV. Drives never import each other: whoever opens the connection hands in the parts of
 * the WebDAV drive, and the compiler sees there that they fit.
 */

export interface Element {
  readonly text: string;
  readonly children: readonly Element[];
}

/** What the server says of one path. Properties by `{namespace}local`. */
export interface Resource {
  readonly path: DrivePath;
  readonly properties: ReadonlyMap<string, Element>;
}

export interface Purpose {
  readonly operation: string;
  readonly path?: string;
}

export interface DavRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly busyBytes?: number;
}

/** What Nextcloud means by a failure. */
export interface FailureMeaning {
  readonly status: number;
  readonly methods?: readonly string[];
  readonly exception?: RegExp;
  readonly message?: RegExp;
  readonly body?: RegExp;
  readonly code: ErrorCode;
  readonly sentence?: Sentence;
  readonly retryAfterMs?: number;
}

export interface ClientOptions {
  readonly kind: string;
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly url: string;
  readonly timeoutMs?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly meanings: readonly FailureMeaning[];
  readonly log?: Log;
}

export interface Client {
  readonly hrefs: { urlOf(path: DrivePath): string; folderUrlOf(path: DrivePath): string };
  send(request: DavRequest, purpose: Purpose, context?: Context): Promise<HttpResponse>;
  perform(request: DavRequest, purpose: Purpose, context?: Context): Promise<HttpResponse>;
  look(
    path: DrivePath,
    properties: readonly string[],
    purpose: Purpose,
    context?: Context,
  ): Promise<Resource | undefined>;
  scan(
    folder: DrivePath,
    properties: readonly string[],
    purpose: Purpose,
    context?: Context,
  ): AsyncIterable<{ readonly resources: readonly Resource[]; readonly unreadable: readonly Unreadable[] }>;
  search(request: DavRequest, purpose: Purpose, context?: Context): Promise<Resource[]>;
}

/** A part of what lies directly in a folder. */
export interface FolderPart {
  readonly entries: readonly Entry[];
  readonly unreadable: readonly Unreadable[];
}

export interface Files
  extends Pick<Drive, 'list' | 'read' | 'createFolder' | 'remove' | 'move' | 'copy' | 'clearUnfinished'> {
  entryAt(path: DrivePath, operation: string, context?: Context): Promise<Entry | undefined>;
  arrived(path: DrivePath, operation: string, context?: Context): Promise<Entry>;
  children(folder: DrivePath, context?: Context): AsyncIterable<FolderPart>;
}

/** `C` is the client's own type, which only these parts need to know. */
export interface WebdavParts<C extends Client = Client> {
  createClient(options: ClientOptions): C;
  createFiles(options: {
    readonly client: C;
    readonly clock: Clock;
    readonly properties: readonly string[];
    readonly parseEntry: (resource: Resource) => Entry;
    readonly resolve: (ref: EntryRef, context?: Context) => Promise<DrivePath>;
    readonly makeFolder: (
      path: DrivePath,
      exists: (path: DrivePath) => Promise<boolean>,
      context?: Context,
    ) => Promise<FolderEntry | void>;
    readonly permanently?: Readonly<Record<string, string>>;
  }): Files;
  readonly entryProperties: readonly string[];
  parseEntry(resource: Resource): Entry;
  readBack(
    client: C,
    path: DrivePath,
    size: number,
    context?: Context,
  ): Promise<{ readonly size: number; readonly sha256: string }>;
  /** A hidden name for content that waits for its place; listings leave it out. */
  temporaryName(): string;
  walkChanges(
    options: { readonly children: Files['children']; readonly propagates: boolean },
    root: { readonly path: DrivePath; readonly entry?: FolderEntry | undefined },
    cursor: Cursor | undefined,
    context?: Context,
  ): AsyncIterable<ChangePage>;
}
