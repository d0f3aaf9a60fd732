import { utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, parentOf, rootPath } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import type { FolderEntry } from '../../drive/entry.ts';
import { claimFolder } from './claim.ts';
import type { DavClient } from './client.ts';

/** Resolves with the folder where the answer tells all about it. */
export type MakeFolder = (
  path: DrivePath,
  exists: (path: DrivePath) => Promise<boolean>,
  context?: Context,
) => Promise<FolderEntry | void>;

/** Seconds for which a parent folder is locked while a folder is made in it. */
const lockSeconds = 60;
const lockBody = utf8(
  '<?xml version="1.0" encoding="utf-8"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>',
);

/**
 * How a folder comes to be made by one client only. `MKCOL` is atomic on servers that let the file system decide
 * (Apache, lighttpd): 201 is ours and nobody else's, 405 is taken. `rclone serve` answers 201 also for a folder that is
 * there, but keeps locks (RFC 4918, class 2). SabreDAV looks before it makes, and lets two clients win when their
 * requests meet; there the clients decide among themselves.
 */
type Way = 'atomic' | 'locked' | 'claimed';

/** Failures that come from the way to the server, from its gateway or from the sign-in. */
function saysNothing({ code, status }: DossierError): boolean {
  return (
    ['cancelled', 'offline', 'timeout', 'unauthorized', 'untrusted-certificate', 'rate-limited'].includes(code) ||
    [502, 503, 504].includes(status ?? 0)
  );
}

/**
 * Makes folders exclusively, whatever the server. Learns once, at the root, which way it takes; where an answer is not
 * among those that are known, the way that needs nothing of the server but to keep files.
 */
export function createFolderMaker(client: DavClient, clock: Clock): MakeFolder {
  const { hrefs, kind } = client;
  let way: Way | undefined;

  const learn = async (context?: Context): Promise<Way> => {
    const root = hrefs.folderUrlOf(rootPath);
    const probe = (method: string) =>
      client.perform({ method, url: root }, { operation: 'createFolder' }, context).catch((error: unknown) => {
        // Only an answer says something about the server.
        if (!isDossierError(error) || saysNothing(error)) throw error;
        return error;
      });
    const options = await probe('OPTIONS');
    const made = await probe('MKCOL');
    const headers = isDossierError(options) ? {} : options.headers;
    const refused = isDossierError(made) && [403, 405, 409].includes(made.status ?? 0);
    if (refused && headers['x-sabre-version'] === undefined && !isDossierError(options)) return 'atomic';
    return !isDossierError(made) && /(^|,)\s*2\s*(,|$)/.test(headers['dav'] ?? '') ? 'locked' : 'claimed';
  };

  const make = async (path: DrivePath, headers: Record<string, string>, context?: Context) => {
    const { status } = await client.perform(
      { method: 'MKCOL', url: hrefs.folderUrlOf(path), headers },
      { operation: 'createFolder', path },
      context,
    );
    if (status !== 201)
      throw new DossierError('invalid-response', 'The server did not say whether it made the folder', {
        operation: 'createFolder',
        where: kind,
        path,
        status,
      });
  };

  const lock = async (path: DrivePath, context?: Context): Promise<string> => {
    const headers = {
      'Depth': '0',
      'Timeout': `Second-${lockSeconds}`,
      'Content-Type': 'application/xml; charset=utf-8',
    };
    const response = await client.perform(
      { method: 'LOCK', url: hrefs.folderUrlOf(path), headers, body: lockBody },
      { operation: 'lock', path },
      context,
    );
    const token = response.headers['lock-token'] ?? '';
    if (!/^<[^<>\s]+>$/.test(token))
      throw new DossierError('invalid-response', 'The server gave a lock without a token', {
        operation: 'createFolder',
        where: kind,
        path,
      });
    return token;
  };

  /**
   * Looks and makes while the parent is locked; the condition fails the `MKCOL` when the lock has run out meanwhile.
   */
  const makeLocked = async (path: DrivePath, check: () => Promise<void>, context?: Context) => {
    const parent = parentOf(path);
    const token = await lock(parent, context);
    try {
      await check();
      await make(path, { If: `<${hrefs.folderUrlOf(parent)}> (${token})` }, context);
    } finally {
      // A lock that cannot be given back runs out by itself.
      await client
        .perform(
          { method: 'UNLOCK', url: hrefs.folderUrlOf(parent), headers: { 'Lock-Token': token } },
          { operation: 'unlock', path: parent },
        )
        .catch(() => undefined);
    }
  };

  return async (path, exists, context) => {
    way ??= await learn(context);
    if (way === 'atomic') return make(path, {}, context);
    const failure = (code: 'parent-missing' | 'already-exists') =>
      new DossierError(code, undefined, { operation: 'createFolder', where: kind, path });
    const check = async () => {
      if (await exists(path)) throw failure('already-exists');
    };
    // Where making merges with what is there, it may also make the folders above.
    if (!(await exists(parentOf(path)))) throw failure('parent-missing');
    if (way === 'locked') return makeLocked(path, check, context);
    await check();
    await make(path, {}, context);
    await claimFolder(client, clock, path, context);
  };
}
