import { DossierError } from '../../core/errors.ts';
import { rootPath } from '../../core/paths.ts';
import type { Clock, HttpPort, Log } from '../../core/ports.ts';
import type { Capabilities } from '../../drive/capabilities.ts';
import type { Drive } from '../../drive/drive.ts';
import type { EntryRef } from '../../drive/entry.ts';
import { pathWithoutId } from '../../drive/reference.ts';
import { createDavClient } from './client.ts';
import { readBack } from './content.ts';
import { entryProperties, parseEntry } from './entries.ts';
import { createFolderMaker } from './exclusive.ts';
import { createDavFiles } from './files.ts';
import { dav } from './multistatus.ts';
import { temporaryName } from './temporary.ts';
import { createDavUploads } from './upload.ts';
import { walkChanges } from './walk.ts';

export interface WebdavDriveOptions {
  /** Adds the credentials itself. */
  readonly http: HttpPort;
  readonly clock: Clock;
  /** The folder that is the root of the drive. */
  readonly url: string;
  /** Milliseconds without progress after which a request fails. */
  readonly timeoutMs?: number;
  readonly log?: Log;
}

const capabilities: Capabilities = {
  stableIds: false,
  writesById: false,
  caseSensitive: true,
  listedDigest: undefined,
  changes: 'walk',
  longPoll: false,
  conditionalReplace: false,
  links: false,
  copy: true,
  upload: {
    maxFileSize: Number.MAX_SAFE_INTEGER,
    maxSingle: 8 * 1024 * 1024,
    sessions: false,
    connections: 6,
    chunksInFlight: 0,
    piecesPerAppend: 1,
    maxAppend: 0,
    sessionsPerCommit: 1,
    inOrder: true,
    chunkMin: 0,
    chunkSize: 0,
    chunkMultiple: 1,
    maxChunks: 0,
  },
};

const freeSpace = dav('quota-available-bytes');

/**
 * For drives that are more than plain WebDAV; handed to them where connections are opened, because drives never import
 * each other.
 */
export const webdavParts = {
  createClient: createDavClient,
  createFiles: createDavFiles,
  entryProperties,
  parseEntry,
  readBack,
  temporaryName,
  walkChanges,
};

/**
 * A drive on any WebDAV server (RFC 4918). Asks of it no more than all of them keep: see `createFolder` and
 * `createDavUploads`.
 */
export function createWebdavDrive(options: WebdavDriveOptions): Drive {
  const client = createDavClient({ ...options, kind: 'webdav' });
  const pathOf = (ref: EntryRef, operation: string) => pathWithoutId(ref, { operation, where: 'webdav' });
  const files = createDavFiles({
    client,
    clock: options.clock,
    properties: entryProperties,
    parseEntry,
    resolve: async (ref) => pathOf(ref, 'resolve'),
    makeFolder: createFolderMaker(client, options.clock),
  });
  const uploads = createDavUploads(client, files);
  const noSessions = (operation: string) =>
    new DossierError('unsupported', 'This server takes each file in one request', { operation, where: 'webdav' });

  const drive: Drive = {
    kind: 'webdav',
    capabilities,
    async account(context) {
      const root = await client.look(rootPath, [...entryProperties, freeSpace], { operation: 'account' }, context);
      if (!root)
        throw new DossierError('not-found', 'There is no folder at this address', {
          operation: 'account',
          where: 'webdav',
        });
      if (parseEntry(root).type !== 'folder')
        throw new DossierError('type-mismatch', 'The address of the connection is that of a file', {
          operation: 'account',
          where: 'webdav',
        });
      const free = root.properties.get(freeSpace)?.text.trim() ?? '';
      return {
        id: client.hrefs.base,
        label: new URL(client.hrefs.base).host,
        ...(/^\d{1,15}$/.test(free) && { freeBytes: Number(free) }),
      };
    },
    stat: async (ref, context) => files.entryAt(pathOf(ref, 'stat'), 'stat', context),
    list: files.list,
    read: files.read,
    createFolder: files.createFolder,
    remove: files.remove,
    move: files.move,
    copy: files.copy,
    async link() {
      throw new DossierError('unsupported', 'A plain WebDAV server has no page for a file', {
        operation: 'link',
        where: 'webdav',
      });
    },
    upload: (target, bytes, digests, context) => uploads.upload(target, bytes, () => digests, context),
    uploadStreamed: (target, content, digests, context) => uploads.upload(target, content, digests, context),
    async startUploads() {
      throw noSessions('startUploads');
    },
    async append() {
      throw noSessions('append');
    },
    async inspectUpload() {
      throw noSessions('inspectUpload');
    },
    async commit() {
      throw noSessions('commit');
    },
    async abandonUploads(sessions) {
      if (sessions.length > 0) throw noSessions('abandonUploads');
    },
    clearUnfinished: files.clearUnfinished,
    prove: async (ref, size, digests, context) => uploads.prove(pathOf(ref, 'prove'), size, digests, context),
    async latestCursor(folder, context) {
      let cursor = '';
      for await (const page of drive.changes(folder, undefined, context)) cursor = page.cursor;
      return cursor;
    },
    async *changes(folder, cursor, context) {
      const path = pathOf(folder, 'changes');
      yield* walkChanges({ children: files.children, propagates: false }, { path }, cursor, context);
    },
    async waitForChange() {
      return true;
    },
  };
  return drive;
}
