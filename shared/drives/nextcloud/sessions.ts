import { createBudget } from '../../core/budget.ts';
import { DossierError, isDossierError, toDossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import { joinPath, nameOf, parseName, rootPath } from '../../core/paths.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type {
  Committed,
  Outcome,
  Piece,
  UploadRequest,
  UploadSession,
  UploadTarget,
} from '../../drive/uploadSession.ts';
import { createCommit } from './commit.ts';
import type { SessionsOptions } from './parts.ts';
import { chunkCount, chunkLength, chunkName, newUploadId, placesOf, withReceived } from './session.ts';
import type { Resource } from './webdavParts.ts';

interface Sessions extends Pick<Drive, 'startUploads' | 'append' | 'inspectUpload' | 'commit' | 'abandonUploads'> {
  /** Brings content of which no request may carry all. */
  inChunks(target: UploadTarget, bytes: Uint8Array, digests: Digests, context?: Context): Promise<Committed>;
}

/** Sizes of bodies that one delivery may have to try. */
const mostSizes = 8;

const sizeProperty = '{DAV:}getcontentlength';

/**
 * Chunked upload, version 2 (Nextcloud developer manual, "Chunked file upload"). `Destination` and `OC-Total-Length` go
 * with every request: object storage stores an empty file without the one, and the quota is checked early only with the
 * other.
 */
export function createSessions(options: SessionsOptions): Sessions {
  const { client, uploads, files, locator, dav, limit } = options;
  const commitOne = createCommit(options);

  const announce = (session: Pick<UploadSession, 'size'>, waiting: Parameters<typeof client.hrefs.urlOf>[0]) => ({
    'Destination': client.hrefs.urlOf(waiting),
    'OC-Total-Length': String(session.size),
  });

  const start = ({ target, size, chunkSize }: UploadRequest, context?: Context): Promise<UploadSession> => {
    const name = parseName(target.name);
    return locator.inFolder(target.folder, context, async (folder) => {
      const [uploadId, waiting, path] = [newUploadId(), joinPath(folder, dav.temporaryName()), joinPath(folder, name)];
      const request = {
        method: 'MKCOL',
        url: uploads.hrefs.folderUrlOf(joinPath(rootPath, uploadId)),
        headers: announce({ size }, waiting),
      };
      await uploads.perform(request, { operation: 'startUploads', path }, context);
      return { kind: 'nextcloud', target, size, chunkSize, received: [], data: { uploadId, waiting, target: path } };
    });
  };

  const send = async ({ session, index, bytes }: Piece, context?: Context): Promise<UploadSession> => {
    const { uploadId, waiting, target } = placesOf(session);
    if (index < 0 || index >= chunkCount(session) || bytes.length !== chunkLength(session, index))
      throw new TypeError('The chunk does not fit its session');
    const request = {
      method: 'PUT',
      url: uploads.hrefs.urlOf(joinPath(rootPath, uploadId, chunkName(index))),
      headers: { 'Content-Type': 'application/octet-stream', ...announce(session, waiting) },
    };
    const put = (body: Uint8Array) =>
      uploads.perform({ ...request, body }, { operation: 'append', path: target }, context);
    try {
      await put(bytes);
    } catch (error) {
      if (isDossierError(error, 'too-large')) {
        await findLimit(bytes, error, put);
        await abandon(session, context).catch(() => undefined);
        throw new DossierError('session-expired', undefined, { operation: 'append', where: 'nextcloud', path: target });
      }
      // Nothing there: the upload folder, or the folder that the file is meant for.
      if (!isDossierError(error, 'parent-missing') && !isDossierError(error, 'not-found')) throw error;
      const expired = !(await uploads.look(
        joinPath(rootPath, uploadId),
        [sizeProperty],
        { operation: 'append', path: target },
        context,
      ));
      throw new DossierError(expired ? 'session-expired' : 'parent-missing', undefined, {
        operation: 'append',
        where: 'nextcloud',
        path: target,
        cause: error,
      });
    }
    return withReceived(session, [...session.received, index]);
  };

  /** Tries smaller and smaller bodies until one is taken: chunks of that size make another session. */
  const findLimit = async (bytes: Uint8Array, refusal: unknown, put: (body: Uint8Array) => Promise<unknown>) => {
    let size = bytes.length;
    const tries = createBudget(mostSizes, () => new DossierError('too-large', undefined, { where: 'nextcloud' }));
    for (let error: unknown = refusal; error !== undefined; ) {
      tries.spend();
      if (!isDossierError(error, 'too-large') || !limit.refused(size)) throw error;
      size = Math.min(size, limit.bytes);
      error = await put(bytes.subarray(0, size)).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    }
  };

  const sendWhole = async (begun: UploadSession, bytes: Uint8Array, context?: Context): Promise<UploadSession> => {
    let session = begun;
    for (let index = 0; index < chunkCount(begun); index++) {
      const start = index * begun.chunkSize;
      const chunk = bytes.subarray(start, start + chunkLength(begun, index));
      session = await send({ session, index, bytes: chunk, contentHash: '' }, context);
    }
    return session;
  };

  const inChunks: Sessions['inChunks'] = async (target, bytes, digests, context) => {
    const tries = createBudget(mostSizes, () => new DossierError('too-large', undefined, { where: 'nextcloud' }));
    for (;;) {
      tries.spend();
      const chunkSize = Math.min(bytes.length, limit.bytes);
      const begun = await start({ target, size: bytes.length, chunkSize }, context);
      try {
        return await commitOne({ session: await sendWhole(begun, bytes, context), digests }, context);
      } catch (error) {
        if (limit.bytes < chunkSize && isDossierError(error, 'session-expired')) continue;
        await abandon(begun, context).catch(() => undefined);
        throw error;
      }
    }
  };

  const inspect = async (session: UploadSession, context?: Context): Promise<UploadSession> => {
    const { uploadId, waiting, target } = placesOf(session);
    const purpose = { operation: 'inspectUpload', path: target };
    const received: number[] = [];
    try {
      for await (const { resources } of uploads.scan(joinPath(rootPath, uploadId), [sizeProperty], purpose, context)) {
        received.push(...resources.flatMap((resource) => indexOf(session, resource)));
      }
      return withReceived(session, received);
    } catch (error) {
      if (!isDossierError(error, 'not-found')) throw error;
    }
    // Put together already, by a commit whose answer was lost: the commit will settle by looking.
    const all = Array.from({ length: chunkCount(session) }, (_, index) => index);
    for (const path of [waiting, target]) {
      // Whether it is ours is for the commit to find out, by its hash.
      if ((await files.entryAt(path, 'inspectUpload', context))?.type === 'file') return withReceived(session, all);
    }
    // The bytes are sent anew. Should the server show the former file after all, nobody would know of it.
    await files.remove({ path: waiting }, { ...context, permanently: true });
    throw new DossierError('session-expired', undefined, { ...purpose, where: 'nextcloud' });
  };

  const abandon = async (session: UploadSession, context?: Context) => {
    const { uploadId, waiting, target } = placesOf(session);
    await files.remove({ path: waiting }, { ...context, permanently: true });
    await uploads
      .perform(
        { method: 'DELETE', url: uploads.hrefs.folderUrlOf(joinPath(rootPath, uploadId)) },
        { operation: 'abandonUploads', path: target },
        context,
      )
      .catch((error: unknown) => {
        if (!isDossierError(error, 'not-found')) throw error;
      });
  };

  return {
    inChunks,
    startUploads: (requests, context) => inLanes(requests, (request) => start(request, context)),
    append: (pieces, context) => inLanes(pieces, (piece) => outcomeOf(send(piece, context))),
    inspectUpload: inspect,
    commit: (commits, context) => inLanes(commits, (commit) => outcomeOf(commitOne(commit, context))),
    async abandonUploads(sessions, context) {
      await inLanes(sessions, (session) => abandon(session, context));
    },
  };
}

/** The index of a chunk that is whole; nothing for what is not a chunk or was cut off. */
function indexOf(session: UploadSession, { path, properties }: Resource): number[] {
  const name = nameOf(path);
  if (!/^\d{1,5}$/.test(name)) return [];
  const index = Number(name) - 1;
  const whole =
    index >= 0 &&
    index < chunkCount(session) &&
    properties.get(sizeProperty)?.text.trim() === String(chunkLength(session, index));
  return whole ? [index] : [];
}

async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return { ok: false, error: toDossierError(error) };
  }
}

const lanes = 3;

/** All results in order, a few under way at a time; the first failure ends it. */
async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return results;
}
