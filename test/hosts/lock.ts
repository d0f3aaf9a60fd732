import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { progress } from '../../.config/installing/step.mjs';

const silentMilliseconds = 1_000;

/** Held until it is released, or until this process ends, however it ends: a `flock` child holds it for us. */
export interface Lock {
  release(): Promise<void>;
}

/** Takes a lock that no other process on this machine has; resolves with nothing where one has it. */
export async function tryLock(file: string): Promise<Lock | undefined> {
  const holding = hold(file, ['--nonblock']);
  return (await holding.held) ? holding : undefined;
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
function hold(file: string, options: readonly string[]): Lock & { held: Promise<boolean> } {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn('flock', [...options, file, '-c', 'echo held; cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  const held = Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  return {
    held,
    async release() {
      holder.stdin.end();
      await ended;
    },
  };
}
