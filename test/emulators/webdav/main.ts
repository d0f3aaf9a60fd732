/**
 * The hostile server on its own: see `../cli.ts`. `webdav [--attack NAME] [--port N] [--data DIR]`; `--list` names the
 * attacks.
 */
import { parseArgs } from 'node:util';
import type { RunningEmulator } from '../runningEmulator.ts';
import { attackNames, type HostileWebdavOptions, startHostileWebdav } from './index.ts';

export async function start(args: readonly string[]): Promise<RunningEmulator> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      attack: { type: 'string' },
      port: { type: 'string' },
      data: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) return { announcement: { attacks: attackNames }, close: async () => undefined };
  const chosen: HostileWebdavOptions = {};
  if (values.attack !== undefined) chosen.attack = values.attack;
  if (values.port !== undefined) chosen.port = Number(values.port);
  if (values.data !== undefined) chosen.data = values.data;
  const server = await startHostileWebdav(chosen);
  const { url, user, password, target } = server;
  return {
    announcement: {
      url,
      user,
      password,
      target,
      attack: values.attack ?? null,
      requests: `${server.origin}/__emulator/requests`,
    },
    close: () => server.close(),
  };
}
