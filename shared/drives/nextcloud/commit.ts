import { DossierError, type ErrorCode, isDossierError } from '../../core/errors.ts';
import { joinPath, rootPath } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { Commit, Committed, Proof } from '../../drive/uploadSession.ts';
import type { SessionsOptions } from './parts.ts';
import { mismatch } from './prove.ts';
import { claims } from './put.ts';
import { chunkCount, placesOf } from './session.ts';

/**
 * Failures after which the work may be done all the same: a 500 and a 504 may follow a success, a 404 an earlier one.
 */
const unclear: ReadonlySet<ErrorCode> = new Set([
  'not-found',
  'already-exists',
  'server-error',
  'timeout',
  'offline',
  'locked',
]);

interface Assembled {
  /** Where the server proved the whole in its answer. */
  readonly proof?: Proof | undefined;
  /** An earlier commit had done everything. */
  readonly done?: Committed;
}

/**
 * Ends an upload session in steps that can each be repeated: the chunks are put together under the hidden name, that
 * file is proved, and then it is moved to its place. Whatever is unclear is settled by looking at the server, never by
 * assuming.
 */
export function createCommit({
  client,
  uploads,
  files,
  prover,
}: SessionsOptions): (commit: Commit, context?: Context) => Promise<Committed> {
  /** Uploads that the server said it has put together: what it does not show of them is late, and not gone. */
  const assembledBefore = new Set<string>();
  return async ({ session, digests }, context) => {
    const { uploadId, waiting, target } = placesOf(session);
    const { replace, modified } = session.target;
    const purpose = { operation: 'commit', path: target };
    const failure = (code: ErrorCode, cause?: unknown) =>
      new DossierError(code, undefined, { ...purpose, where: 'nextcloud', cause });
    if (session.received.length !== chunkCount(session)) throw failure('offset-mismatch');

    /** The file at the target when it is what this session was to bring: an earlier commit got through. */
    const settled = async (): Promise<Committed | undefined> => {
      const entry = await files.entryAt(target, 'commit', context);
      if (entry?.type !== 'file' || entry.revision === replace) return undefined;
      const proof = await prover.prove(target, session.size, digests, context).catch(unlessOther);
      return proof && { entry: { ...entry, size: session.size }, proof };
    };

    /** What an earlier request put together. */
    const found = async (): Promise<Assembled | undefined> => {
      if (await waits()) return {};
      const done = await settled();
      return done && { done };
    };

    const unseen = (cause: unknown) =>
      new DossierError('server-error', 'The server said that it was done, and shows nothing', {
        ...purpose,
        where: 'nextcloud',
        cause,
      });

    /** The bytes will be sent anew. Should the server show the former file after all, nobody would know of it. */
    const expired = async (cause: unknown) => {
      await files.remove({ path: waiting }, { ...context, permanently: true });
      return failure('session-expired', cause);
    };

    const waits = async () => (await files.entryAt(waiting, 'commit', context))?.type === 'file';

    /** Runs a step; when its outcome is unclear, `look` says what is. */
    const step = async <T>(work: () => Promise<T>, look: (error: unknown) => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        if (!isDossierError(error) || !unclear.has(error.code)) throw error;
        return look(error).catch((second: unknown) => {
          // Out of reach: the first failure says more than that looking failed too.
          throw isDossierError(second, 'offline') || isDossierError(second, 'timeout') ? error : second;
        });
      }
    };

    const assemble = () =>
      step<Assembled>(
        async () => {
          const headers = {
            'Destination': client.hrefs.urlOf(waiting),
            'Overwrite': 'F',
            'OC-Total-Length': String(session.size),
            ...prover.hashWanted,
            ...claims(modified, digests.sha256),
          };
          const response = await uploads.perform(
            {
              method: 'MOVE',
              url: uploads.hrefs.urlOf(joinPath(rootPath, uploadId, '.file')),
              headers,
              busyBytes: session.size,
            },
            purpose,
            context,
          );
          assembledBefore.add(uploadId);
          return { proof: prover.returned(response.headers, digests) };
        },
        async (error) => {
          const before = await found();
          if (before) return before;
          if (await uploads.look(joinPath(rootPath, uploadId), ['{DAV:}resourcetype'], purpose, context))
            throw isDossierError(error, 'not-found') ? failure('parent-missing', error) : error;
          // The chunks go when the whole has come, and an earlier request may have got there between these looks.
          const after = await found();
          if (after) return after;
          if (assembledBefore.has(uploadId)) throw unseen(error);
          throw await expired(error);
        },
      );

    const place = (): Promise<Committed | undefined> =>
      step(
        async () => {
          const condition =
            replace === undefined
              ? { Overwrite: 'F' }
              : { Overwrite: 'T', If: `<${client.hrefs.urlOf(target)}> ([${replace}])` };
          await client.perform(
            {
              method: 'MOVE',
              url: client.hrefs.urlOf(waiting),
              headers: { Destination: client.hrefs.urlOf(target), ...condition },
              busyBytes: session.size,
            },
            purpose,
            context,
          );
          return undefined;
        },
        async (error) => {
          if (!(await waits())) {
            const done = await settled();
            if (done) return done;
            if (!isDossierError(error, 'not-found')) throw error;
            throw assembledBefore.has(uploadId) ? unseen(error) : await expired(error);
          }
          if (!isDossierError(error, 'already-exists')) throw error;
          await files.remove({ path: waiting }, { ...context, permanently: true });
          throw failure(replace === undefined ? 'already-exists' : 'revision-conflict', error);
        },
      );

    const assembled = await assemble();
    if (assembled.done) return assembled.done;
    const proof =
      assembled.proof ??
      (await prover.prove(waiting, session.size, digests, context).catch(async (error: unknown) => {
        if (!isDossierError(error, 'integrity-mismatch')) throw error;
        await files.remove({ path: waiting }, { ...context, permanently: true });
        throw mismatch(target);
      }));
    const settledBefore = await place();
    if (settledBefore) return settledBefore;
    const entry = await files.arrived(target, 'commit', context);
    if (entry.type !== 'file') throw mismatch(target);
    return { entry: { ...entry, size: session.size }, proof };
  };
}

function unlessOther(error: unknown): undefined {
  if (!isDossierError(error, 'integrity-mismatch')) throw error;
}
