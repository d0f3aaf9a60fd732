import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A loopback port that nobody listens on now, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const attempts = 3;
const busy = /already in use|EADDRINUSE/i;

/**
 * Starts a program on ports that nobody listens on. Between the look and the program's own somebody may take one; then
 * others are tried.
 */
export async function onFreePorts<T>(start: (port: number, second: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const [port, second] = await Promise.all([freePort(), freePort()]);
    try {
      return await start(port, second);
    } catch (error) {
      if (attempt === attempts || !(error instanceof Error && busy.test(error.message))) throw error;
    }
  }
}
