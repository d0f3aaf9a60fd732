import { DossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath, nameOf } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import type { DavClient } from './client.ts';
import { claimName, isClaim } from './temporary.ts';

/** How often, and how far apart in milliseconds, the first in line looks whether the others have gone. */
const looks = 10;
const pauseMs = 100;

/**
 * Decides among clients which were all told that they made one folder. Each writes a mark with a name of its own into
 * it, then lists it. Whoever sees its own mark alone has won, and the mark stays for good; of several, all but the
 * first by name take theirs away and have lost, and the first looks again. At most one wins: of two marks one was
 * written later, and its owner, listing after that, saw the other, which a winner never takes away. When a client dies
 * in between, nobody wins, and the name is taken.
 */
export async function claimFolder(
  client: DavClient,
  clock: Clock,
  folder: DrivePath,
  context?: Context,
): Promise<void> {
  const { hrefs, kind } = client;
  const purpose = { operation: 'createFolder', path: folder };
  const mine = claimName();
  const mark = hrefs.urlOf(joinPath(folder, mine));
  await client.perform({ method: 'PUT', url: mark, body: new Uint8Array() }, purpose, context);
  try {
    for (let look = 0; look < looks; look++) {
      if (look > 0) await clock.sleep(pauseMs, context?.signal);
      const others: string[] = [];
      for await (const { resources, unreadable } of client.scan(folder, ['{DAV:}resourcetype'], purpose, context)) {
        others.push(...unreadable.map(({ path, spelling }) => spelling ?? nameOf(path)));
        others.push(
          ...resources
            .filter(({ path }) => path !== folder)
            .map(({ path }) => nameOf(path))
            .filter((name) => name !== mine),
        );
      }
      if (others.length === 0) return;
      if (others.some((name) => !isClaim(name) || name < mine)) break;
    }
    throw new DossierError('already-exists', undefined, { ...purpose, where: kind });
  } catch (error) {
    await client.perform({ method: 'DELETE', url: mark }, purpose).catch(() => undefined);
    throw error;
  }
}
