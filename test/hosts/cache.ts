import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cacheFolder } from '../../.config/installing/environment.mjs';
import { withLock } from './lock.ts';

const cache = cacheFolder(process.env);

/**
 * Returns the folder `path` of the cache, made by `fill` when it is not there.
 *
 * It is filled under another name and renamed when complete, so a killed installation is never taken for
 * a finished one; and one process fills at a time while the others wait for its result.
 */
export async function cached(path: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, path);
  if (existsSync(folder)) return folder;
  return withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    await removeUnfinished(folder);
    const unfinished = `${folder}.unfinished-${process.pid}`;
    await mkdir(unfinished, { recursive: true });
    try {
      await fill(unfinished);
      await rename(unfinished, folder);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
    return folder;
  });
}

async function removeUnfinished(folder: string): Promise<void> {
  const siblings = await readdir(dirname(folder));
  const unfinished = siblings.filter((name) => name.startsWith(`${basename(folder)}.unfinished-`));
  await Promise.all(
    unfinished.map((name) => rm(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 5 })),
  );
}
