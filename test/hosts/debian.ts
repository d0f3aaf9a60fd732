import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { withLock } from './lock.ts';
import { step } from './progress.ts';

const aptLock = join(tmpdir(), 'dossier-apt.lock');

/**
 * Sees to it that the named Debian packages are installed; instant when they are.
 * Needs root or `sudo`.
 */
export async function ensureDebian(packages: readonly string[]): Promise<void> {
  if ((await missing(packages)).length === 0) return;
  await withLock(aptLock, async () => {
    const wanted = await missing(packages);
    if (wanted.length > 0) await step(`Installing the Debian packages ${wanted.join(' ')}`, () => install(wanted));
  });
}

async function missing(packages: readonly string[]): Promise<string[]> {
  // dpkg-query exits with an error as soon as one name is unknown, and still lists the others.
  const query = 'dpkg-query -W -f \'${db:Status-Status} ${Package}\\n\' "$@" 2>/dev/null || true';
  const installed = new Set((await runCommand('sh', ['-c', query, 'sh', ...packages])).split('\n'));
  return packages.filter((name) => !installed.has(`installed ${name}`));
}

/** Package lists may be absent, or so old that they name files which the archive no longer has: refresh once. */
async function install(packages: readonly string[]): Promise<void> {
  const attempt = () => aptGet('install', '-y', '--no-install-recommends', ...packages);
  try {
    await attempt().catch(() => updatePackageLists().then(attempt));
  } catch (error) {
    const byHand = `apt-get update && apt-get install ${packages.join(' ')}`;
    throw new Error(`Debian packages could not be installed. Run this as root and try again: ${byHand}\n${String(error)}`);
  }
}

export async function updatePackageLists(): Promise<void> {
  await aptGet('update');
}

async function aptGet(...args: string[]): Promise<void> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  const [program, ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', ...args];
  await runCommand(program as string, rest);
}
