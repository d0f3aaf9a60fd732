/** The emulator on its own, for clients of any kind: see `../cli.ts`. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { RunningEmulator } from '../runningEmulator.ts';
import { parseFaults } from './faults.ts';
import { type NextcloudEmulatorOptions, startNextcloudEmulator } from './index.ts';

const options = {
  port: { type: 'string' },
  data: { type: 'string' },
  mode: { type: 'string', default: 'local' },
  faults: { type: 'string' },
  latency: { type: 'string' },
  bandwidth: { type: 'string' },
  path: { type: 'string' },
  tls: { type: 'boolean', default: false },
} as const;

export async function start(args: readonly string[]): Promise<RunningEmulator> {
  const { values } = parseArgs({ args: [...args], options });
  if (values.mode !== 'local' && values.mode !== 's3v2') throw new Error('--mode is local or s3v2');
  const chosen: NextcloudEmulatorOptions = { mode: values.mode, tls: values.tls };
  if (values.port !== undefined) chosen.port = Number(values.port);
  if (values.data !== undefined) chosen.data = values.data;
  if (values.latency !== undefined) chosen.latencyMs = Number(values.latency);
  if (values.bandwidth !== undefined) chosen.bandwidth = Number(values.bandwidth);
  if (values.path !== undefined) chosen.subPath = values.path;
  if (values.faults !== undefined) chosen.faults = parseFaults(await readFile(values.faults, 'utf8'));
  const server = await startNextcloudEmulator(chosen);
  const { url, filesUrl, user, userId, password, loginPassword, admin, mode } = server;
  const fingerprint = server.certificate?.fingerprint256;
  return {
    announcement: {
      url,
      filesUrl,
      user,
      userId,
      password,
      loginPassword,
      admin,
      mode,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      requests: `${new URL(url).origin}/__emulator/requests`,
    },
    close: () => server.close(),
  };
}
