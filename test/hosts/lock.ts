import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Runs `action` while no other process on this machine runs under the same lock file.
 *
 * The lock is held by a `flock` child for as long as our end of its standard input is open, so the
 * kernel gives it back when this process dies, however it dies.
 */
export async function withLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn('flock', [file, '-c', 'echo held; cat >/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!held) throw new Error(`The lock file ${file} could not be taken.`);
  try {
    return await action();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
