/** One line on standard error for one step of an installation or a start; results go to standard output. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Tells that a step begins and how long it took. */
export async function step<T>(name: string, action: () => Promise<T>): Promise<T> {
  const started = performance.now();
  progress(`${name} ...`);
  const result = await action();
  progress(`${name}: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}
