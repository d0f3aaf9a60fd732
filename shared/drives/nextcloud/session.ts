import { randomBytes } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { type DrivePath, parseStoredPath } from '../../core/paths.ts';
import type { UploadSession } from '../../drive/uploadSession.ts';

/** What this drive keeps in a session record. */
export interface SessionPlaces {
  /** Name of the upload folder at the server. */
  readonly uploadId: string;
  /**
   * Where the chunks are put together: a hidden name of its own, because object storage writes into a file that is
   * there already.
   */
  readonly waiting: DrivePath;
  readonly target: DrivePath;
}

const idPattern = /^dossier-[0-9a-f]{32}$/;

export function newUploadId(): string {
  return `dossier-${toHex(randomBytes(16))}`;
}

/** The places of a session record, which has been through a file and may come from another drive. */
export function placesOf({ kind, data }: UploadSession): SessionPlaces {
  if (kind !== 'nextcloud')
    throw new DossierError('unsupported', 'This upload was begun at another kind of connection', {
      where: 'nextcloud',
    });
  const { uploadId, waiting, target } = isRecord(data) ? data : {};
  if (
    typeof uploadId !== 'string' ||
    !idPattern.test(uploadId) ||
    typeof waiting !== 'string' ||
    typeof target !== 'string'
  ) {
    throw new DossierError('session-expired', 'The record of this upload is damaged', { where: 'nextcloud' });
  }
  return { uploadId, waiting: parseStoredPath(waiting), target: parseStoredPath(target) };
}

export function chunkCount({ size, chunkSize }: Pick<UploadSession, 'size' | 'chunkSize'>): number {
  return Math.ceil(size / chunkSize);
}

/** Bytes that the chunk of this index has. */
export function chunkLength({ size, chunkSize }: Pick<UploadSession, 'size' | 'chunkSize'>, index: number): number {
  return Math.min(chunkSize, size - index * chunkSize);
}

/**
 * Names of chunks are numbers from 1: object storage refuses 0, and puts parts together in the order of the numbers.
 */
export function chunkName(index: number): string {
  return String(index + 1).padStart(5, '0');
}

export function withReceived(session: UploadSession, indexes: Iterable<number>): UploadSession {
  return { ...session, received: [...new Set(indexes)].sort((a, b) => a - b) };
}
