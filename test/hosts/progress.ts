const heartbeatMilliseconds = 20_000;

/** One line on standard error for one step of an installation or a start; results go to standard output. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Tells that a step begins, now and then that it still runs, and how long it took. */
export async function step<T>(name: string, action: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  progress(`${name} ...`);
  const heartbeat = setInterval(() => progress(`${name}: still at it after ${elapsed()}`), heartbeatMilliseconds);
  try {
    const result = await action();
    progress(`${name}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}
