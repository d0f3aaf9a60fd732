import type { files } from 'dropbox';
import { isDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { UploadRequest, UploadSession } from '../../drive/uploadSession.ts';
import type { DropboxApi } from './api.ts';
import { unknown } from './metadata.ts';
import {
  chunkCount,
  isComplete,
  newSession,
  type SessionType,
  sessionId,
  sessionType,
  withReceived,
} from './sessionRecord.ts';

/** Most sessions that one call opens. */
const sessionsPerStart = 1000;

export function createSessions(
  api: DropboxApi,
): Pick<Drive, 'startUploads' | 'inspectUpload' | 'abandonUploads' | 'clearUnfinished'> {
  const open = async (type: SessionType, count: number, context: Context | undefined): Promise<string[]> => {
    const argument = { session_type: { '.tag': type }, num_sessions: count } satisfies files.UploadSessionStartBatchArg;
    const answer = await api.rpc('files/upload_session/start_batch', argument, { operation: 'startUploads' }, context);
    const ids = isRecord(answer) ? answer['session_ids'] : undefined;
    if (!Array.isArray(ids) || ids.length !== count || !ids.every((id) => typeof id === 'string'))
      throw unknown(say`another number of sessions than it was asked for`);
    return ids as string[];
  };

  /** A file without bytes has no chunk that could close its session, so it is closed here. */
  const closeEmpty = async (sessions: readonly UploadSession[], context: Context | undefined): Promise<void> => {
    for (const session of sessions.filter(({ size }) => size === 0)) {
      const argument = {
        cursor: { session_id: sessionId(session), offset: 0 },
        close: true,
      } satisfies files.UploadSessionAppendArg;
      await api.upload(
        'files/upload_session/append_v2',
        argument,
        new Uint8Array(),
        { operation: 'startUploads', area: 'session' },
        context,
      );
    }
  };

  return {
    async startUploads(requests, context) {
      const started = new Map<UploadRequest, UploadSession>();
      for (const type of ['sequential', 'concurrent'] as const) {
        const wanted = requests.filter((request) => sessionType(request) === type);
        for (let at = 0; at < wanted.length; at += sessionsPerStart) {
          const group = wanted.slice(at, at + sessionsPerStart);
          const ids = await open(type, group.length, context);
          group.forEach((request, index) => started.set(request, newSession(request, ids[index] as string)));
        }
      }
      const sessions = requests.map((request) => started.get(request) as UploadSession);
      await closeEmpty(sessions, context);
      return sessions;
    },

    /**
     * Dropbox has no question for this, but an append of nothing at the end of a file of one chunk succeeds only where
     * its bytes are, and closes the session as the chunk would have. Nothing tells of single chunks of a concurrent
     * session, so its record stays as it is.
     */
    async inspectUpload(session, context) {
      const cursor = { session_id: sessionId(session), offset: session.size };
      if (chunkCount(session) !== 1 || isComplete(session)) return session;
      const argument = { cursor, close: true } satisfies files.UploadSessionAppendArg;
      try {
        await api.upload(
          'files/upload_session/append_v2',
          argument,
          new Uint8Array(),
          { operation: 'inspectUpload', area: 'session' },
          context,
        );
      } catch (error) {
        if (isDossierError(error, 'offset-mismatch')) return session;
        if (!isDossierError(error, 'already-exists')) throw error;
      }
      return withReceived(session, 0);
    },

    /** Nothing to do: Dropbox forgets a session after seven days, and has no call to make it forget sooner. */
    async abandonUploads(sessions) {
      sessions.forEach(sessionId);
    },

    /** Nothing to do: what is not finished lies in no folder. */
    async clearUnfinished() {},
  };
}
