import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, parentOf, rootPath } from '../../core/paths.ts';
import { utf8 } from '../../core/bytes.ts';
import type { Context } from '../../drive/drive.ts';
import type { DavClient } from './client.ts';

export type MakeFolder = (path: DrivePath, exists: (path: DrivePath) => Promise<boolean>, context?: Context) => Promise<void>;

/** Seconds for which a parent folder is locked while a folder is made in it. */
const lockSeconds = 60;
const lockBody = utf8('<?xml version="1.0" encoding="utf-8"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>');

/**
 * Makes folders exclusively. `MKCOL` is the one atomic act of a WebDAV server: 201 is ours and nobody else's, 405 is taken. `rclone serve` answers 201
 * also for a folder that is there, so each server is asked once, with its root. On such a server the parent is locked (RFC 4918, class 2) while we
 * look and then make; an expired lock fails the `MKCOL`. Without either there is no way to be certain, and that is said.
 */
export function createFolderMaker(client: DavClient): MakeFolder {
  const { hrefs } = client;
  let honest: boolean | undefined;

  const isHonest = async (context?: Context) => {
    if (honest === undefined) {
      const request = { method: 'MKCOL', url: hrefs.folderUrlOf(rootPath) };
      honest = await client.perform(request, { operation: 'createFolder' }, context).then(
        () => false,
        (error: unknown) => {
          if (isDossierError(error) && (error.status === 405 || error.status === 409 || error.status === 403)) return true;
          throw error;
        },
      );
    }
    return honest;
  };

  const make = async (path: DrivePath, headers: Record<string, string>, context?: Context) => {
    const { status } = await client.perform({ method: 'MKCOL', url: hrefs.folderUrlOf(path), headers }, { operation: 'createFolder', path }, context);
    if (status !== 201) throw new DossierError('invalid-response', 'The server did not say whether it made the folder', { operation: 'createFolder', where: client.kind, path, status });
  };

  const lock = async (path: DrivePath, context?: Context): Promise<string> => {
    const headers = { 'Depth': '0', 'Timeout': `Second-${lockSeconds}`, 'Content-Type': 'application/xml; charset=utf-8' };
    const response = await client.perform({ method: 'LOCK', url: hrefs.folderUrlOf(path), headers, body: lockBody }, { operation: 'lock', path }, context).catch((error: unknown) => {
      if (!isDossierError(error) || (error.status !== 405 && error.status !== 501)) throw error;
      throw new DossierError('unsupported', 'This server can neither make a folder exclusively nor lock one, so reports could overwrite each other there', { operation: 'createFolder', where: client.kind, path });
    });
    const token = response.headers['lock-token'] ?? '';
    if (!/^<[^<>\s]+>$/.test(token)) throw new DossierError('invalid-response', 'The server gave a lock without a token', { operation: 'createFolder', where: client.kind, path });
    return token;
  };

  return async (path, exists, context) => {
    if (await isHonest(context)) return make(path, {}, context);
    const parent = parentOf(path);
    if (!(await exists(parent))) throw new DossierError('parent-missing', undefined, { operation: 'createFolder', where: client.kind, path });
    const token = await lock(parent, context);
    try {
      if (await exists(path)) throw new DossierError('already-exists', undefined, { operation: 'createFolder', where: client.kind, path });
      await make(path, { If: `<${hrefs.folderUrlOf(parent)}> (${token})` }, context);
    } finally {
      // A lock that cannot be given back runs out by itself.
      await client.perform({ method: 'UNLOCK', url: hrefs.folderUrlOf(parent), headers: { 'Lock-Token': token } }, { operation: 'unlock', path: parent }).catch(() => undefined);
    }
  };
}
