import { readBytes } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord, parseJsonBytes } from '../../core/json.ts';
import { type DrivePath, nameOf, parentOf } from '../../core/paths.ts';
import type { Clock, HttpPort, Log } from '../../core/ports.ts';
import type { Capabilities } from '../../drive/capabilities.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import { bodyLimitOf } from './bodyLimit.ts';
import { createEntryParser, fileIdOf, fileIdProperty, isFileId } from './entries.ts';
import { createLocator } from './locate.ts';
import { meanings } from './meanings.ts';
import { createProver, mismatch } from './prove.ts';
import { createPut } from './put.ts';
import { createSessions } from './sessions.ts';
import { skipsTrash } from './trash.ts';
import type { Client, Files, WebdavParts } from './webdavParts.ts';

export interface NextcloudDriveOptions<C extends Client> {
  /** Adds the credentials itself. */
  readonly http: HttpPort;
  readonly clock: Clock;
  /** The installation: origin and sub path, without `index.php` or `remote.php`. */
  readonly url: string;
  /** The user id, which is not always the name to sign in with. */
  readonly userId: string;
  readonly dav: WebdavParts<C>;
  /** Milliseconds without progress after which a request fails. */
  readonly timeoutMs?: number;
  readonly log?: Log;
}

const mebibyte = 1024 * 1024;
const largestChunk = 100_000_000;

const capabilities: Capabilities = {
  stableIds: true,
  writesById: false,
  caseSensitive: true,
  listedDigest: undefined,
  changes: 'walk',
  longPoll: false,
  // `If-Match` is looked at before the body is read: two clients may both win.
  conditionalReplace: false,
  links: true,
  copy: true,
  upload: {
    maxFileSize: 10_000 * largestChunk,
    maxSingle: 10 * mebibyte,
    sessions: true,
    // As many as the desktop client of Nextcloud uses at most.
    connections: 20,
    chunksInFlight: 3,
    piecesPerAppend: 1,
    maxAppend: largestChunk,
    sessionsPerCommit: 1,
    inOrder: false,
    // Object storage refuses smaller parts, except the last.
    chunkMin: 5 * mebibyte,
    chunkSize: 10 * mebibyte,
    chunkMultiple: 1,
    maxChunks: 10_000,
  },
};

/** Of a server that takes no larger bodies than this, bytes. */
function within(bytes: number): Capabilities {
  const { upload } = capabilities;
  if (bytes >= upload.chunkSize) return capabilities;
  const smaller = { maxSingle: bytes, maxAppend: bytes, chunkMin: bytes, chunkSize: bytes };
  return { ...capabilities, upload: { ...upload, ...smaller, maxFileSize: upload.maxChunks * bytes } };
}

/** Letters for what may be done in a folder; `K` is for making folders. */
const permissionsProperty = '{http://owncloud.org/ns}permissions';

const inTheWay = (cause: unknown, path: DrivePath) =>
  new DossierError('locked', 'Several are making this folder at once', {
    operation: 'createFolder',
    where: 'nextcloud',
    path,
    status: 403,
    cause,
  });

/**
 * A drive on Nextcloud: WebDAV with file ids, hashes made by the server, chunked upload version 2, and folder revisions
 * that tell of changes below.
 */
export function createNextcloudDrive<C extends Client>(options: NextcloudDriveOptions<C>): Drive {
  const { http, clock, userId, dav, log, timeoutMs } = options;
  const url = options.url.replace(/\/+$/, '');
  const davUrl = `${url}/remote.php/dav/`;
  const headers = { 'OCS-APIRequest': 'true' };
  const shared = {
    kind: 'nextcloud',
    http,
    clock,
    headers,
    meanings,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(log && { log }),
  };
  const client = dav.createClient({ ...shared, url: `${davUrl}files/${encodeURIComponent(userId)}` });
  const uploads = dav.createClient({ ...shared, url: `${davUrl}uploads/${encodeURIComponent(userId)}` });
  const properties = [...dav.entryProperties, fileIdProperty];
  const parseEntry = createEntryParser(dav);
  const locator = createLocator({ client, files: () => files, clock, davUrl, userId, properties, parseEntry });
  const files: Files = dav.createFiles({
    client,
    clock,
    properties,
    parseEntry,
    resolve: locator.resolve,
    permanently: skipsTrash,
    async makeFolder(path, _exists, context) {
      const { status, headers } = await client
        .perform({ method: 'MKCOL', url: client.hrefs.folderUrlOf(path) }, { operation: 'createFolder', path }, context)
        .catch(async (error: unknown) => {
          throw (await wasRace(error, path, context)) ? inTheWay(error, path) : error;
        });
      if (status !== 201)
        throw new DossierError('invalid-response', 'The server did not say whether it made the folder', {
          operation: 'createFolder',
          where: 'nextcloud',
          path,
          status,
        });
      const id = fileIdOf(headers['oc-fileid']);
      return id === undefined ? undefined : { type: 'folder', path, name: nameOf(path), id };
    },
  });
  const prover = createProver(client, dav);
  const limit = bodyLimitOf(davUrl, clock);
  const sessions = createSessions({ client, uploads, files, locator, prover, dav, limit });
  /** Of several that make one folder at once, some are forbidden it, though they may: then it was only the others. */
  const wasRace = async (error: unknown, path: DrivePath, context?: Context): Promise<boolean> => {
    if (!isDossierError(error) || error.status !== 403) return false;
    const purpose = { operation: 'createFolder', path };
    const parent = await client.look(parentOf(path), [permissionsProperty], purpose, context);
    return parent?.properties.get(permissionsProperty)?.text.includes('K') === true;
  };

  const drive: Drive = {
    kind: 'nextcloud',
    get capabilities() {
      return within(limit.bytes);
    },
    async account(context) {
      const response = await client.send(
        { method: 'GET', url: `${url}/ocs/v2.php/cloud/user?format=json`, headers: { Accept: 'application/json' } },
        { operation: 'account' },
        context,
      );
      const answer = parseJsonBytes(await readBytes(response.body, 262_144));
      const user =
        isRecord(answer) && isRecord(answer['ocs']) && isRecord(answer['ocs']['data']) ? answer['ocs']['data'] : {};
      if (user['id'] !== userId)
        throw new DossierError('unauthorized', 'The server has signed in somebody else than this connection is for', {
          operation: 'account',
          where: 'nextcloud',
        });
      const named = user['display-name'] ?? user['displayname'];
      const free = isRecord(user['quota']) ? user['quota']['free'] : undefined;
      return {
        id: `${userId}@${url.replace(/^https?:\/\//, '')}`,
        label: typeof named === 'string' && named !== '' ? named : userId,
        ...(typeof free === 'number' && free >= 0 && { freeBytes: Math.floor(free) }),
      };
    },
    stat: (ref, context) => locator.find(ref, 'stat', context),
    list: files.list,
    read: files.read,
    async createFolder(parent, name, context) {
      const folder = await files.createFolder(parent, name, context);
      locator.remember(folder);
      return folder;
    },
    remove: files.remove,
    move: files.move,
    copy: files.copy,
    async link(ref, context) {
      // What came from a listing needs no second look.
      const entry = 'type' in ref ? ref : await locator.find(ref, 'link', context);
      if (!entry?.id || !isFileId(entry.id))
        throw new DossierError('not-found', undefined, { operation: 'link', where: 'nextcloud', path: ref.path });
      return `${url}/index.php/f/${entry.id}`;
    },
    upload: createPut({ client, files, locator, prover, limit, inChunks: sessions.inChunks }),
    async uploadStreamed() {
      throw new DossierError('unsupported', 'Large files go to this server by session', {
        operation: 'uploadStreamed',
        where: 'nextcloud',
      });
    },
    startUploads: sessions.startUploads,
    append: sessions.append,
    inspectUpload: sessions.inspectUpload,
    commit: sessions.commit,
    abandonUploads: sessions.abandonUploads,
    clearUnfinished: files.clearUnfinished,
    async prove(ref, size, digests, context) {
      const entry = await locator.find(ref, 'prove', context);
      if (!entry) return undefined;
      if (entry.type !== 'file') throw mismatch(entry.path);
      // The listed size is no verdict: some servers tell a wrong one for good content.
      return { entry: { ...entry, size }, proof: await prover.prove(entry.path, size, digests, context) };
    },
    async latestCursor(folder, context) {
      let cursor = '';
      for await (const page of drive.changes(folder, undefined, context)) cursor = page.cursor;
      return cursor;
    },
    async *changes(ref, cursor, context, { everywhere = false } = {}) {
      const entry = await locator.find(ref, 'changes', context);
      if (!entry)
        throw new DossierError('not-found', undefined, { operation: 'changes', where: 'nextcloud', path: ref.path });
      if (entry.type !== 'folder')
        throw new DossierError('type-mismatch', undefined, {
          operation: 'changes',
          where: 'nextcloud',
          path: ref.path,
        });
      yield* dav.walkChanges(
        { children: files.children, propagates: !everywhere },
        { path: entry.path, entry },
        cursor,
        context,
      );
    },
    async waitForChange() {
      return true;
    },
  };
  return drive;
}
