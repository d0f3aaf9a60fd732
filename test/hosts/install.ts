import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { runCommand } from './command.ts';
import { ensureDebian } from './debian.ts';
import { installEnvironment } from './node24.ts';
import { step } from './progress.ts';

/** What a host's package.json says about its installation besides its dependencies. */
interface Recipe {
  /** Debian packages that its native modules are compiled with. */
  debian: string[];
  /** The packages whose install scripts it needs; those of all others never run. */
  rebuild: string[];
}

/**
 * Installs the host described by `test/hosts/<name>/package.json` and its lock file, once per machine and
 * lock file, and returns the folder that holds its `node_modules`.
 */
export async function ensureHost(name: string): Promise<string> {
  const source = join(import.meta.dirname, name);
  const { dossier: recipe } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { dossier: Recipe };
  const lock = await readFile(join(source, 'package-lock.json'));
  const key = createHash('sha256').update(lock).update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const { debian, rebuild } = recipe;
  return cached(join('hosts', `${name}-${key}`), async (folder) => {
    await ensureDebian(debian);
    await copyFile(join(source, 'package.json'), join(folder, 'package.json'));
    await copyFile(join(source, 'package-lock.json'), join(folder, 'package-lock.json'));
    const npm = (...args: string[]) => runCommand('npm', args, { cwd: folder, env: installEnvironment() });
    await step(`Installing ${name}`, () =>
      npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'),
    );
    if (rebuild.length > 0) {
      await step(`Compiling the native modules of ${name}`, () =>
        npm('rebuild', '--ignore-scripts=false', '--loglevel=error', ...rebuild),
      );
    }
  });
}
