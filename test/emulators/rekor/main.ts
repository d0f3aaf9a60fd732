import type { RunningEmulator } from '../runningEmulator.ts';
import { startRekorEmulator } from './index.ts';

/** `node test/emulators/cli.ts rekor` */
export async function start(): Promise<RunningEmulator> {
  const { url, origin, publicKey, close } = await startRekorEmulator();
  return { announcement: { url, origin, publicKey: Buffer.from(publicKey).toString('base64') }, close };
}
