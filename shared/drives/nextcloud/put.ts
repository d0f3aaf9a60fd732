import { DossierError, isDossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import { type DrivePath, joinPath, nameOf, parseName } from '../../core/paths.ts';
import type { HttpResponse } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import type { FileEntry } from '../../drive/entry.ts';
import type { Committed, UploadTarget } from '../../drive/uploadSession.ts';
import { fileIdOf } from './entries.ts';
import type { Locator } from './locate.ts';
import { hashWanted, mismatch, type Prover, returnedHash } from './prove.ts';
import type { Client, Files } from './webdavParts.ts';

/** Claims about content that go with it. Nextcloud takes no time before 2 January 1970. */
export function claims(modified: number | undefined, sha256: string): Record<string, string> {
  const seconds = modified === undefined ? 0 : Math.floor(modified / 1000);
  return { 'OC-Checksum': `SHA256:${sha256}`, ...(seconds > 86_400 && { 'X-OC-Mtime': String(seconds) }) };
}

/**
 * Uploads a small file: one request when the server hashes what arrives and accepts the time we give, three at most.
 */
export function createPut(client: Client, files: Files, locator: Locator, prover: Prover) {
  const put = async (
    path: DrivePath,
    { replace, modified }: UploadTarget,
    bytes: Uint8Array,
    digests: Digests,
    context?: Context,
  ): Promise<Committed> => {
    const purpose = { operation: 'upload', path };
    const precondition = replace === undefined ? { 'If-None-Match': '*' } : { 'If-Match': replace };
    const headers = {
      'Content-Type': 'application/octet-stream',
      ...precondition,
      ...hashWanted,
      ...claims(modified, digests.sha256),
    };
    const response = await client
      .perform({ method: 'PUT', url: client.hrefs.urlOf(path), headers, body: bytes }, purpose, context)
      .catch((error: unknown) => {
        if (replace !== undefined && isDossierError(error, 'already-exists'))
          throw new DossierError('revision-conflict', undefined, { ...purpose, where: 'nextcloud', status: 412 });
        throw error;
      });
    const arrived = returnedHash(response.headers);
    if (arrived !== undefined && arrived !== digests.sha256) {
      await discard(path, response);
      throw mismatch(path);
    }
    const entry =
      (arrived !== undefined && entryOf(path, bytes.length, modified, response)) ||
      (await files.entryAt(path, 'upload', context));
    if (entry?.type !== 'file' || entry.size !== bytes.length) {
      await discard(path, response);
      throw mismatch(path);
    }
    if (arrived !== undefined)
      return { entry, proof: { method: 'returned-hash', algorithm: 'sha256', digest: arrived } };
    const proof = await prover.hash(path, bytes.length, context);
    if (proof.digest === digests.sha256) return { entry, proof };
    await discard(path, response);
    throw mismatch(path);
  };

  /** Takes back exactly the revision that this request wrote. */
  const discard = async (path: DrivePath, response: HttpResponse) => {
    const etag = response.headers['oc-etag'] ?? response.headers['etag'];
    if (etag === undefined) return;
    await client
      .perform(
        { method: 'DELETE', url: client.hrefs.urlOf(path), headers: { 'If-Match': etag } },
        { operation: 'remove', path },
      )
      .catch(() => undefined);
  };

  return (target: UploadTarget, bytes: Uint8Array, digests: Digests, context?: Context): Promise<Committed> => {
    const name = parseName(target.name);
    return locator.inFolder(target.folder, context, (folder) =>
      put(joinPath(folder, name), target, bytes, digests, context),
    );
  };
}

/** The entry as the answer to the PUT describes it; undefined when it leaves something open. */
function entryOf(
  path: DrivePath,
  size: number,
  modified: number | undefined,
  { headers }: HttpResponse,
): FileEntry | undefined {
  const id = fileIdOf(headers['oc-fileid']);
  const revision = headers['oc-etag'] ?? headers['etag'];
  if (id === undefined || revision === undefined || modified === undefined || headers['x-oc-mtime'] !== 'accepted')
    return undefined;
  return {
    type: 'file',
    path,
    name: nameOf(path),
    id,
    size,
    revision,
    modified: Math.floor(modified / 1000) * 1000,
    downloadable: true,
  };
}
