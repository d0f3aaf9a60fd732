import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFailure } from '../../.config/installing/failure.mjs';
import { missingDebian } from '../../.config/installing/plan.mjs';
import { progress, step } from '../../.config/installing/step.mjs';
import { CommandError, runCommand } from './command.ts';
import { withLock } from './lock.ts';

/** One for each user: nobody may open a file that another one made in a folder for all. */
const aptLock = join(tmpdir(), `dossier-apt-${process.getuid?.()}.lock`);

/**
 * Sees to it that the named Debian packages are installed; instant when they are.
 * Needs root or `sudo`.
 */
export async function ensureDebian(packages: readonly string[]): Promise<void> {
  const absent = missingDebian(packages);
  if (absent.length === 0) return;
  requireApt(absent);
  await withLock(aptLock, async () => {
    const wanted = missingDebian(packages);
    if (wanted.length === 0) return;
    progress(`Debian packages that are missing: ${wanted.join(' ')}`);
    await step('Installing Debian packages', () => install(wanted));
  });
}

const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined;
const isRoot = () => process.getuid?.() === 0;
const byHand = (packages: readonly string[]) => `apt-get update && apt-get install ${packages.join(' ')}`;

/** @throws Error that says in a sentence what this machine lacks. */
function requireApt(packages: readonly string[]): void {
  if (!isThere('apt-get'))
    throw new Error(
      `This is not Debian (there is no apt-get): install what these Debian packages contain, or use Debian 12 or newer: ${packages.join(' ')}. Without them run: npm run check, and: node_modules/.bin/vitest run --config .config/vitest.config.ts test/unit`,
    );
  if (!isRoot() && !isThere('sudo'))
    throw new Error(
      `Debian packages are missing, and without sudo this account cannot install them. Run this as root and start again: ${byHand(packages)}`,
    );
}

/**
 * Package lists may be absent, or so old that they name files which the archive no longer has: refresh once. A mirror
 * that cannot be reached shows only there, and one that does not matter to us may fail.
 */
async function install(packages: readonly string[]): Promise<void> {
  const attempt = () => aptGet('install', '-y', '--no-install-recommends', ...packages);
  let refreshed = '';
  try {
    await attempt().catch(async (error: unknown) => {
      if (/dpkg was interrupted|No space left|enough free space|sudo: /.test(saidIn(error))) throw error;
      await updatePackageLists().catch((failure: unknown) => (refreshed = `${saidIn(failure)}\n`));
      await attempt();
    });
  } catch (error) {
    const said = describeFailure('Installing Debian packages', 'apt', refreshed + saidIn(error));
    throw new Error(`${said}\nBy hand, as root: ${byHand(packages)}`);
  }
}

const saidIn = (error: unknown) => (error instanceof CommandError ? error.said : String(error));

/** @throws CommandError where any of the machine's sources cannot be read. */
export async function updatePackageLists(): Promise<void> {
  await aptGet('update', '-o', 'APT::Update::Error-Mode=any');
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
DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 "$@"`;

/** sudo takes away what says how the network is reached. */
const network = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

async function aptGet(...args: string[]): Promise<void> {
  const kept = network.filter((name) => process.env[name]);
  const sudo = ['sudo', ...(kept.length > 0 ? [`--preserve-env=${kept.join(',')}`] : [])];
  const [program, ...rest] = [...(isRoot() ? [] : sudo), 'sh', '-c', withoutStarting, 'sh', ...args];
  await whenFree(() => runCommand(program as string, rest));
}

/** How long another program may install, and the clock that is read for it. */
export interface Patience {
  readonly limitMilliseconds: number;
  readonly pauseMilliseconds: number;
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

const patience: Patience = { limitMilliseconds: 600_000, pauseMilliseconds: 5_000, now: () => Date.now(), sleep };

const busy = /Could not get lock.*|Unable to acquire the dpkg.*|Unable to lock.*/;

/** Tries again while another program holds the locks of apt or dpkg, and says so; up to a limit. */
export async function whenFree<T>(attempt: () => Promise<T>, { now, ...given } = patience): Promise<T> {
  const started = now();
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const [holder] = busy.exec(saidIn(error)) ?? [];
      if (holder === undefined || now() - started >= given.limitMilliseconds) throw error;
      if (tries === 0)
        progress(
          `Another program installs packages now. Waiting up to ${given.limitMilliseconds / 60_000} min: ${holder}`,
        );
      await given.sleep(given.pauseMilliseconds);
    }
  }
}
