import { createBudget } from '../../core/budget.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import { type DrivePath, joinPath, parseName } from '../../core/paths.ts';
import type { SizedBody } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import type { FileEntry } from '../../drive/entry.ts';
import { pathWithoutId } from '../../drive/reference.ts';
import type { Committed, UploadTarget } from '../../drive/uploadSession.ts';
import type { DavClient } from './client.ts';
import { readBack, type Stored } from './content.ts';
import { isStrong } from './entries.ts';
import type { DavFiles } from './files.ts';
import { temporaryName } from './temporary.ts';

/** How often what was just stored is looked for, when the server says that it is not there. */
const mostLooks = 4;

export interface DavUploads {
  upload(
    target: UploadTarget,
    content: Uint8Array | SizedBody,
    digests: () => Digests,
    context?: Context,
  ): Promise<Committed>;
  prove(path: DrivePath, size: number, digests: Digests, context?: Context): Promise<Committed | undefined>;
}

/**
 * Uploads for any WebDAV server: the content goes to a temporary name beside its place, is read back and hashed there,
 * and is then moved. So nobody ever sees half a file, nothing of others is overwritten (`MOVE` with `Overwrite: F` is
 * the one precondition that all servers keep), and a refused upload leaves nothing.
 */
export function createDavUploads(client: DavClient, files: DavFiles): DavUploads {
  const { hrefs } = client;
  const failure = (
    code: 'already-exists' | 'revision-conflict' | 'integrity-mismatch' | 'server-error',
    path: DrivePath,
  ) => new DossierError(code, undefined, { operation: 'upload', where: client.kind, path });

  const checkTarget = async (path: DrivePath, replace: string | undefined, context?: Context) => {
    const there = await files.entryAt(path, 'stat', context);
    if (replace === undefined && there) throw failure('already-exists', path);
    if (replace !== undefined && (there?.type !== 'file' || there.revision !== replace))
      throw failure('revision-conflict', path);
  };

  const discard = async (path: DrivePath) => {
    await client
      .perform({ method: 'DELETE', url: hrefs.urlOf(path) }, { operation: 'remove', path })
      .catch(() => undefined);
  };

  /**
   * What now lies at the target, once it is certain that it is what was stored: another client may have won the same
   * name.
   */
  const settled = async (
    path: DrivePath,
    size: number,
    digests: Digests,
    etag: string | undefined,
    context?: Context,
  ): Promise<FileEntry> => {
    const entry = await files.arrived(path, 'upload', context);
    if (entry.type !== 'file') throw failure('already-exists', path);
    // The listed size is no verdict: some servers tell a wrong one for good content.
    const found: FileEntry = { ...entry, size };
    if (etag !== undefined && isStrong(etag) && entry.revision === etag) return found;
    if (!isSame(await readBack(client, path, size, context), size, digests)) throw failure('already-exists', path);
    return found;
  };

  /** A request that was repeated on its way is refused the second time: what was waiting is gone, and may be there. */
  const place = async (
    from: DrivePath,
    to: DrivePath,
    { busyBytes, overwrite }: { readonly busyBytes: number; readonly overwrite: boolean },
    context?: Context,
  ): Promise<void> => {
    const headers = { Overwrite: overwrite ? 'T' : 'F' };
    try {
      await client.relocate(
        { method: 'MOVE', from, to, headers, busyBytes },
        { operation: 'upload', path: to },
        context,
      );
    } catch (error) {
      const mayBeDone = ['already-exists', 'not-found'].some((code) => isDossierError(error, code as 'not-found'));
      if (!mayBeDone || (await files.entryAt(from, 'upload', context))) throw error;
    }
  };

  /** What was just stored; some servers show it only a moment later. */
  const shown = async (path: DrivePath, size: number, context?: Context): Promise<Stored> => {
    const looks = createBudget(mostLooks, () => failure('server-error', path));
    for (;;) {
      looks.spend();
      try {
        return await readBack(client, path, size, context);
      } catch (error) {
        if (!isDossierError(error, 'not-found')) throw error;
        await files.arrived(path, 'upload', context);
      }
    }
  };

  return {
    async upload({ folder, name, replace, modified }, content, digests, context) {
      const home = pathWithoutId(folder, { operation: 'upload', where: client.kind });
      const target = joinPath(home, parseName(name));
      const waiting = joinPath(home, temporaryName());
      const size = content instanceof Uint8Array ? content.length : content.size;
      if (replace !== undefined || !(content instanceof Uint8Array)) await checkTarget(target, replace, context);
      try {
        const times = modified === undefined ? {} : { 'X-OC-Mtime': String(Math.floor(modified / 1000)) };
        await client.perform(
          {
            method: 'PUT',
            url: hrefs.urlOf(waiting),
            headers: { 'Content-Type': 'application/octet-stream', ...times },
            body: content,
          },
          { operation: 'upload', path: target },
          context,
        );
        const expected = digests();
        const stored = await shown(waiting, size, context);
        if (!isSame(stored, size, expected)) throw failure('integrity-mismatch', target);
        if (replace !== undefined) await checkTarget(target, replace, context);
        await place(waiting, target, { busyBytes: size, overwrite: replace !== undefined }, context);
        const entry = await settled(target, size, expected, stored.etag, context);
        return { entry, proof: { method: 'read-back', algorithm: 'sha256', digest: expected.sha256 } };
      } catch (error) {
        const tidied = discard(waiting);
        // Whoever cancelled does not want to wait, and a server out of reach would keep us waiting.
        if (!['cancelled', 'offline', 'timeout'].some((code) => isDossierError(error, code as 'cancelled')))
          await tidied;
        throw error;
      }
    },
    async prove(path, size, digests, context) {
      const entry = await files.entryAt(path, 'prove', context);
      if (!entry) return undefined;
      if (entry.type !== 'file' || !isSame(await readBack(client, path, size, context), size, digests))
        throw failure('integrity-mismatch', path);
      return { entry: { ...entry, size }, proof: { method: 'read-back', algorithm: 'sha256', digest: digests.sha256 } };
    },
  };
}

function isSame(stored: Stored, size: number, { sha256 }: Digests): boolean {
  return stored.size === size && stored.sha256 === sha256;
}
