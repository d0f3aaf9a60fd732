import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureDebian } from './debian.ts';
import { onFreePorts } from './freePort.ts';

/** A real proxy of somebody else's making, on loopback, for one user. */
export interface Proxy {
  readonly type: 'http' | 'socks5';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** How many connections to a port of this machine it has told of. */
  connectionsTo(port: string): Promise<number>;
  close(): Promise<void>;
}

const user = 'anna';
const password = 'quiet-7';
const readyMs = 10_000;

/** tinyproxy: HTTP with CONNECT and Basic. */
export const startTinyproxy = (): Promise<Proxy> =>
  start('tinyproxy-bin', 'http', async (home, port) => {
    const file = join(home, 'tinyproxy.conf');
    const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 600', 'LogLevel Connect', 'MaxClients 100'];
    await writeFile(file, `${[...lines, `BasicAuth ${user} ${password}`, ''].join('\n')}`);
    return ['tinyproxy', '-d', '-c', file];
  });

/** microsocks: SOCKS5 with user name and password. */
export const startMicrosocks = (): Promise<Proxy> =>
  start('microsocks', 'socks5', async (_home, port) => {
    return ['microsocks', '-i', '127.0.0.1', '-p', String(port), '-u', user, '-P', password];
  });

async function start(
  debian: string,
  type: Proxy['type'],
  prepare: (home: string, port: number) => Promise<readonly string[]>,
): Promise<Proxy> {
  await ensureDebian([debian]);
  return onFreePorts(async (port) => {
    const home = await mkdtemp(join(tmpdir(), 'dossier-proxy-'));
    const program = await prepare(home, port);
    const log = join(home, 'log');
    // It ends with this process, however that ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-c', `exec "$@" > '${log}' 2>&1`, 'sh', ...program]);
    const exited = once(child, 'exit');
    const close = async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(home, { recursive: true, force: true });
    };
    const until = Date.now() + readyMs;
    while (!(await isListening(port)) || child.exitCode !== null) {
      if (child.exitCode !== null || Date.now() > until) {
        const said = await readFile(log, 'utf8').catch(String);
        await close();
        throw new Error(`${program[0]} did not start. It said:\n${said}`);
      }
      await sleep(20);
    }
    const connectionsTo = async (to: string) =>
      (await readFile(log, 'utf8')).split('\n').filter((line) => named.test(line) && line.includes(`:${to}`)).length;
    return { type, port, user, password, connectionsTo, close };
  });
}

/** Of each tunnel both programs write one line: `Request (file descriptor 7): CONNECT a:1`, `connected to a:1`. */
const named = /Request .*CONNECT|connected to/;

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
