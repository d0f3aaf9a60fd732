import type { RunningEmulator } from './runningEmulator.ts';

/**
 * Runs one emulator by itself: `node test/emulators/cli.ts <name> [options]`.
 * It prints one line of JSON with its addresses and a usable credential, and runs until SIGINT or SIGTERM.
 */
type Start = (options: readonly string[]) => Promise<RunningEmulator>;

const emulators: Readonly<Record<string, () => Promise<{ start: Start }>>> = {
  dropbox: () => import('./dropbox/main.ts'),
  nextcloud: () => import('./nextcloud/main.ts'),
  webdav: () => import('./webdav/main.ts'),
  datatrails: () => import('./datatrails/main.ts'),
  rekor: () => import('./rekor/main.ts'),
};

async function run([name = '', ...options]: readonly string[]): Promise<void> {
  const load = emulators[name];
  if (!load) throw new Error(`Usage: cli.ts <${Object.keys(emulators).join('|')}> [options]`);
  const emulator = await (await load()).start(options);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void emulator.close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.stdout.write(`${JSON.stringify(emulator.announcement)}\n`);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
