import { DossierError, type ErrorCode, isDossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import type { DrivePath } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { Proof } from '../../drive/uploadSession.ts';
import type { Client, WebdavParts } from './webdavParts.ts';

/** Failures that say something of the connection or of the file. After all others the bytes are read back instead. */
const decisive: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'unauthorized',
  'offline',
  'untrusted-certificate',
  'rate-limited',
  'locked',
]);

/** Statuses of a server that will not hash the next file either. */
const neverHashes: ReadonlySet<number | undefined> = new Set([405, 501]);

export interface Prover {
  /** Headers that ask an upload or an assembly for the hash of what arrives. */
  readonly hashWanted: Readonly<Record<string, string>>;
  /**
   * The proof in an answer to `hashWanted`, where it has one. Undefined when the server gives no hash or another one: on
   * object storage it may be that of more than the content, so that it proves nothing against a file.
   */
  returned(headers: Readonly<Record<string, string>>, digests: Digests): Proof | undefined;
  /**
   * Proves that a stored file has exactly these bytes: by the hash as the server computes it now, else as read back.
   *
   * @throws `integrity-mismatch` only when the bytes themselves were read and are others; `server-error` when the file,
   *   which was there a moment ago, is not shown.
   */
  prove(path: DrivePath, size: number, digests: Digests, context?: Context): Promise<Proof>;
}

export function createProver<C extends Client>(client: C, dav: Pick<WebdavParts<C>, 'readBack'>): Prover {
  let canHash = true;
  let returnsHash = true;

  /** What the server keeps as checksum is only what a client once said, so it is told to compute it. */
  const serverHash = async (path: DrivePath, size: number, context?: Context): Promise<string | undefined> => {
    if (!canHash) return undefined;
    const request = {
      method: 'PATCH',
      url: client.hrefs.urlOf(path),
      headers: { 'X-Recalculate-Hash': 'sha256' },
      busyBytes: size,
    };
    try {
      const { headers } = await client.perform(request, { operation: 'prove', path }, context);
      return /^SHA256:([0-9a-f]{64})$/i.exec(headers['oc-checksum'] ?? '')?.[1]?.toLowerCase();
    } catch (error) {
      if (!isDossierError(error) || decisive.has(error.code)) throw error;
      canHash = !neverHashes.has(error.status);
      return undefined;
    }
  };

  return {
    get hashWanted(): Record<string, string> {
      return returnsHash ? { 'X-Hash': 'sha256' } : {};
    },
    returned(headers, { sha256 }) {
      const hash = headers['x-hash-sha256']?.toLowerCase();
      if (hash === sha256) return { method: 'returned-hash', algorithm: 'sha256', digest: hash };
      // The next files are asked about at once in the way that this server answers right.
      if (hash !== undefined) returnsHash = false;
      return undefined;
    },
    async prove(path, size, { sha256 }, context) {
      if ((await serverHash(path, size, context)) === sha256)
        return { method: 'server-hash', algorithm: 'sha256', digest: sha256 };
      const stored = await dav.readBack(client, path, size, context).catch((error: unknown) => {
        throw isDossierError(error, 'not-found') ? unseen(path, error) : error;
      });
      if (stored.size !== size || stored.sha256 !== sha256) throw mismatch(path);
      return { method: 'read-back', algorithm: 'sha256', digest: sha256 };
    },
  };
}

function unseen(path: DrivePath, cause: unknown): DossierError {
  return new DossierError('server-error', 'The server does not show a file that is there', {
    operation: 'prove',
    where: 'nextcloud',
    path,
    cause,
  });
}

export function mismatch(path: DrivePath): DossierError {
  return new DossierError('integrity-mismatch', undefined, { operation: 'prove', where: 'nextcloud', path });
}
