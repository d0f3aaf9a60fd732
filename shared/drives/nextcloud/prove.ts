import { DossierError, isDossierError } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import type { Context } from '../../drive/drive.ts';
import type { Proof } from '../../drive/uploadSession.ts';
import type { Client, WebdavParts } from './webdavParts.ts';

/** Statuses that mean "I cannot hash for you" rather than "it went wrong". */
const cannotHash = new Set([400, 403, 405, 415, 501]);

/** Asks for a hash of the bytes that arrive. What the server keeps as checksum is only what a client once said. */
export const hashWanted = { 'X-Hash': 'sha256' } as const;

export function returnedHash(headers: Readonly<Record<string, string>>): string | undefined {
  const hash = headers['x-hash-sha256']?.toLowerCase();
  return hash !== undefined && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
}

export interface Prover {
  /** The SHA-256 of a stored file: as the server computes it now where it can, else as read back from it. */
  hash(path: DrivePath, size: number, context?: Context): Promise<Proof>;
}

export function createProver<C extends Client>(client: C, dav: Pick<WebdavParts<C>, 'readBack'>): Prover {
  let canHash = true;

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
      if (!isDossierError(error) || !cannotHash.has(error.status ?? 0)) throw error;
      canHash = error.status !== 501 && error.status !== 405;
      return undefined;
    }
  };

  return {
    async hash(path, size, context) {
      const known = await serverHash(path, size, context);
      if (known !== undefined) return { method: 'server-hash', algorithm: 'sha256', digest: known };
      const stored = await dav.readBack(client, path, size, context);
      if (stored.size !== size) throw mismatch(path);
      return { method: 'read-back', algorithm: 'sha256', digest: stored.sha256 };
    },
  };
}

export function mismatch(path: DrivePath): DossierError {
  return new DossierError('integrity-mismatch', undefined, { operation: 'prove', where: 'nextcloud', path });
}
