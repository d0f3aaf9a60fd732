import { DossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import type { Piece, UploadRequest, UploadSession } from '../../drive/uploadSession.ts';

export const kind = 'dropbox';

/**
 * Chunks of a concurrent session may arrive in any order, the closing one last; a sequential session takes a file of
 * one chunk.
 */
export type SessionType = 'concurrent' | 'sequential';

export function sessionType({ size, chunkSize }: UploadRequest): SessionType {
  return size > chunkSize ? 'concurrent' : 'sequential';
}

export function newSession(request: UploadRequest, id: string): UploadSession {
  return { kind, ...request, received: [], data: { id } };
}

/** The server's name of a session, from a record that may have been through any store. */
export function sessionId({ kind: owner, data }: UploadSession): string {
  if (owner !== kind)
    throw new DossierError('unsupported', say`This upload was begun on ${owner}, not on Dropbox`, { where: 'dropbox' });
  if (!isRecord(data) || typeof data['id'] !== 'string')
    throw new DossierError('state-corrupt', 'The record of an upload has no session in it', { where: 'dropbox' });
  return data['id'];
}

export function chunkCount({ size, chunkSize }: UploadSession): number {
  return Math.ceil(size / chunkSize);
}

export function isClosing({ session, index }: Piece): boolean {
  return index === chunkCount(session) - 1;
}

export function withReceived(session: UploadSession, index: number): UploadSession {
  return { ...session, received: [...new Set([...session.received, index])].sort((a, b) => a - b) };
}

export function isComplete(session: UploadSession): boolean {
  return new Set(session.received).size === chunkCount(session);
}
