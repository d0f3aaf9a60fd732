import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const lookEveryMs = 50;

/**
 * Runs `act` while no other process on this machine runs under the same file. SQLite holds the lock, so that the system
 * gives it back when this process dies, however it dies.
 */
export async function withProcessLock<T>(file: string, act: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(file);
  try {
    // Waiting in SQLite would hold up every extension of this window.
    while (!isTaken(database)) await sleep(lookEveryMs);
    return await act();
  } finally {
    database.close();
  }
}

function isTaken(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (/locked|busy/i.test(String(error))) return false;
    throw error;
  }
}
