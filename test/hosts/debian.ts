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
    throw new Error(
      `Debian packages could not be installed. Run this as root and try again: ${byHand}\n${String(error)}`,
    );
  }
}

export async function updatePackageLists(): Promise<void> {
  await aptGet('update');
}

/**
 * Servers come as packages, and Debian starts a server when it installs it, on every address of the machine. Nothing of
 * ours may do that: the tests start what they need themselves, on the loopback. The policy is taken away again, and one
 * that the machine has of its own is left alone.
 */
const withoutStarting = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"`;

async function aptGet(...args: string[]): Promise<void> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  const [program, ...rest] = [...asRoot, 'sh', '-c', withoutStarting, 'sh', ...args];
  await runCommand(program as string, rest);
}
