import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ci, rebuild } from '../../.config/installing/environment.mjs';
import { describeFailure } from '../../.config/installing/failure.mjs';
import { hostFolder, nodeHeaders, recipe } from '../../.config/installing/plan.mjs';
import { step } from '../../.config/installing/step.mjs';
import { cached } from './cache.ts';
import { CommandError, runCommand } from './command.ts';
import { ensureDebian } from './debian.ts';
import { installEnvironment } from './node24.ts';

/**
 * Installs the host described by `test/hosts/<name>/package.json` and its lock file, once per machine and
 * lock file, and returns the folder that holds its `node_modules`.
 */
export async function ensureHost(name: string): Promise<string> {
  const source = join(import.meta.dirname, name);
  const needed = recipe(name);
  return cached(hostFolder(name), async (folder) => {
    await ensureDebian(needed.debian);
    await copyFile(join(source, 'package.json'), join(folder, 'package.json'));
    await copyFile(join(source, 'package-lock.json'), join(folder, 'package-lock.json'));
    await using headers = await plainlyNamed(nodeHeaders());
    const env = installEnvironment({ headers: headers.path, npm: name === 'npm' ? undefined : await ensureNpm() });
    await npm(`Installing ${name}`, ci(folder), { cwd: folder, env });
    if (needed.rebuild.length > 0)
      await npm(`Compiling the native modules of ${name}`, rebuild(folder, needed.rebuild), { cwd: folder, env });
  });
}

/**
 * The npm that writes the lock files installs them as well: older ones, which come with Node 20 and 22, refuse packages
 * in them that are for other systems. It is a host itself, and simple enough for any npm.
 */
async function ensureNpm(): Promise<string> {
  return join(await ensureHost('npm'), 'node_modules', '.bin');
}

function npm(name: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<string> {
  return step(name, () =>
    runCommand('npm', args, { ...options, detached: true }).catch((error: unknown) => {
      if (error instanceof CommandError) throw new Error(describeFailure(name, 'npm', error.said));
      throw error;
    }),
  );
}

/** Compilers are driven by make, which takes a space in a path for the end of it; and a clone may lie anywhere. */
async function plainlyNamed(folder: string | undefined) {
  const names = await mkdtemp(join(tmpdir(), 'dossier-headers-'));
  const path = folder && join(names, 'node');
  if (folder && path) await symlink(folder, path);
  return { path, [Symbol.asyncDispose]: () => rm(names, { recursive: true, force: true }) };
}
