import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { progress } from '../../.config/installing/step.mjs';

const silentMilliseconds = 1_000;
/** How flock ends where somebody else has the lock. */
const conflict = 75;

/** Held until it is released, or until this process ends, however it ends: a `flock` child holds it for us. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock that no other process on this machine has; resolves with nothing where one has it.
 *
 * @throws Error where the lock file cannot be written.
 */
export async function tryLock(file: string): Promise<Lock | undefined> {
  const holding = hold(file, ['--nonblock', `--conflict-exit-code=${conflict}`]);
  if (await holding.held) return holding;
  if ((await holding.ended) !== conflict) throw new Error(`The lock file ${file} could not be taken.`);
  return undefined;
}

/**
 * Runs `action` while no other process on this machine runs under the same lock file; says so when it has to wait.
 *
 * @throws Error where the lock file cannot be written.
 */
export async function withLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  const holding = hold(file, []);
  const name = basename(file, '.lock');
  const waiting = setTimeout(
    () => progress(`Waiting for another process of Dossier that works on ${name} ...`),
    silentMilliseconds,
  );
  const held = await holding.held;
  clearTimeout(waiting);
  if (!held) throw new Error(`The lock file ${file} could not be taken.`);
  try {
    return await action();
  } finally {
    await holding.release();
  }
}

/** The kernel gives the lock back when our end of the child's standard input closes. */
function hold(
  file: string,
  options: readonly string[],
): Lock & { held: Promise<boolean>; ended: Promise<number | null> } {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn('flock', [...options, file, '-c', 'echo held; cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit').then(([code]) => code as number | null);
  const held = Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  return {
    held,
    ended,
    async release() {
      holder.stdin.end();
      await ended;
    },
  };
}
