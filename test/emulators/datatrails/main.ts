import type { RunningEmulator } from '../runningEmulator.ts';
import { startDatatrailsEmulator } from './index.ts';

/** `node test/emulators/cli.ts datatrails` */
export async function start(): Promise<RunningEmulator> {
  const { url, clientId, clientSecret, close } = await startDatatrailsEmulator();
  return { announcement: { url, clientId, clientSecret }, close };
}
