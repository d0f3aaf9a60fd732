import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onFreePorts } from '../freePort.ts';

/** A real WebDAV server of somebody else's making, on loopback, with an empty folder. */
export interface WebdavServer {
  readonly name: string;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Where its files lie on this machine. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Non-ASCII on purpose: Basic has to be UTF-8. */
export const user = 'reporter';
export const password = 'Grüße 7';

export interface Place {
  /** Removed at the end. */
  readonly home: string;
  readonly folder: string;
  readonly port: number;
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Path of the folder below the origin. */
  readonly path?: string;
}

const readyMs = 20_000;

/**
 * Starts a server program for a fresh folder and waits until it answers. It ends with this process, however that ends.
 */
export function startServer(name: string, prepare: (place: Place) => Promise<Program>): Promise<WebdavServer> {
  return onFreePorts((port) => startOn(port, name, prepare));
}

async function startOn(port: number, name: string, prepare: (place: Place) => Promise<Program>): Promise<WebdavServer> {
  const home = await mkdtemp(join(tmpdir(), 'dossier-webdav-'));
  const folder = join(home, 'files');
  await mkdir(folder);
  // A server that was started by root serves as somebody else.
  await chmod(home, 0o777);
  await chmod(folder, 0o777);
  const { command, args, env, path = '/' } = await prepare({ home, folder, port });
  // A file and not a pipe: Apache opens its log by name.
  const log = await open(join(home, 'log'), 'w');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    cwd: home,
    env: { ...process.env, ...env },
    stdio: ['ignore', log.fd, log.fd],
  });
  const exited = once(child, 'exit');
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const bound = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(bound);
    }
    await log.close();
    await rm(home, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}${path}`;
  const until = Date.now() + readyMs;
  // Where it has ended, somebody else answers on its port.
  while (!(await answers(url)) || child.exitCode !== null) {
    if (child.exitCode !== null || Date.now() > until) {
      const said = (await readFile(join(home, 'log'), 'utf8')).slice(-4000);
      await close();
      throw new Error(`${name} did not start. It said:\n${said}`);
    }
  }
  return { name, url, user, password, folder, close };
}

async function answers(url: string): Promise<boolean> {
  const outgoing = request(url, { method: 'OPTIONS', timeout: 1_000, agent: false });
  const answered = await new Promise<boolean>((resolve) => {
    outgoing.on('response', (incoming) => resolve(incoming.resume().statusCode !== undefined));
    outgoing.on('error', () => setTimeout(resolve, 50, false));
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.end();
  });
  outgoing.destroy();
  return answered;
}
