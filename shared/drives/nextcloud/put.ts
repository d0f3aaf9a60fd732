import { DossierError, isDossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import { type DrivePath, joinPath, nameOf, parseName } from '../../core/paths.ts';
import type { HttpResponse } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import type { FileEntry } from '../../drive/entry.ts';
import type { Committed, UploadTarget } from '../../drive/uploadSession.ts';
import type { BodyLimit } from './bodyLimit.ts';
import { fileIdOf } from './entries.ts';
import type { Locator } from './locate.ts';
import { mismatch, type Prover } from './prove.ts';
import { skipsTrash } from './trash.ts';
import type { Client, Files } from './webdavParts.ts';

/** Claims about content that go with it. Nextcloud takes no time before 2 January 1970. */
export function claims(modified: number | undefined, sha256: string): Record<string, string> {
  const seconds = modified === undefined ? 0 : Math.floor(modified / 1000);
  return { 'OC-Checksum': `SHA256:${sha256}`, ...(seconds > 86_400 && { 'X-OC-Mtime': String(seconds) }) };
}

/**
 * Uploads a small file: one request when the server hashes what arrives and accepts the time we give, three at most.
 */
export interface PutOptions {
  readonly client: Client;
  readonly files: Files;
  readonly locator: Locator;
  readonly prover: Prover;
  readonly limit: BodyLimit;
  /** Brings content that is too large for one request. */
  readonly inChunks: (
    target: UploadTarget,
    bytes: Uint8Array,
    digests: Digests,
    context?: Context,
  ) => Promise<Committed>;
}

export function createPut({ client, files, locator, prover, limit, inChunks }: PutOptions) {
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
      ...prover.hashWanted,
      ...claims(modified, digests.sha256),
    };
    const response = await client
      .perform({ method: 'PUT', url: client.hrefs.urlOf(path), headers, body: bytes }, purpose, context)
      .catch(async (error: unknown) => {
        // A folder has the name, or a proxy forbids the method.
        const isTaken = isDossierError(error) && error.status === 405 && (await files.entryAt(path, 'upload', context));
        throw isTaken ? refusal('already-exists', path, 405) : staleOr(error, replace, path);
      });
    const returned = prover.returned(response.headers, digests);
    const described = returned && entryOf(path, bytes.length, modified, response);
    const entry = described ?? (await files.arrived(path, 'upload', context));
    if (entry.type !== 'file') throw mismatch(path);
    const proof =
      returned ?? (await prover.prove(path, bytes.length, digests, context).catch(takeBack(path, response)));
    return { entry: { ...entry, size: bytes.length }, proof };
  };

  /** What was read back as something else is taken away before anybody trusts it. */
  const takeBack =
    (path: DrivePath, response: HttpResponse) =>
    async (error: unknown): Promise<never> => {
      if (isDossierError(error, 'integrity-mismatch')) await discard(path, response);
      throw error;
    };

  /** Takes back exactly the revision that this request wrote. */
  const discard = async (path: DrivePath, response: HttpResponse) => {
    const etag = response.headers['oc-etag'] ?? response.headers['etag'];
    if (etag === undefined) return;
    await client
      .perform(
        { method: 'DELETE', url: client.hrefs.urlOf(path), headers: { 'If-Match': etag, ...skipsTrash } },
        { operation: 'remove', path },
      )
      .catch(() => undefined);
  };

  return async (target: UploadTarget, bytes: Uint8Array, digests: Digests, context?: Context): Promise<Committed> => {
    const name = parseName(target.name);
    if (bytes.length > limit.bytes) return inChunks(target, bytes, digests, context);
    try {
      return await locator.inFolder(target.folder, context, (folder) =>
        put(joinPath(folder, name), target, bytes, digests, context),
      );
    } catch (error) {
      if (!isDossierError(error, 'too-large') || !limit.refused(bytes.length)) throw error;
      return inChunks(target, bytes, digests, context);
    }
  };
}

function refusal(code: 'already-exists' | 'revision-conflict', path: DrivePath, status: number): DossierError {
  return new DossierError(code, undefined, { operation: 'upload', path, where: 'nextcloud', status });
}

/** A failed precondition of a replacement means that the revision is no longer the one expected. */
function staleOr(error: unknown, replace: string | undefined, path: DrivePath): unknown {
  const isStale = replace !== undefined && isDossierError(error, 'already-exists');
  return isStale ? refusal('revision-conflict', path, 412) : error;
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
