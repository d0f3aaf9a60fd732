import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { dropboxHosts } from './certificates.ts';

/** A CONNECT proxy that leads the names of Dropbox to the emulator and refuses every other one. */
export interface ConnectProxy {
  readonly url: string;
  /** `host:port` of every tunnel that was asked for and refused: what would have left this machine. */
  readonly refused: readonly string[];
  readonly tunnels: number;
  close(): Promise<void>;
}

export async function startConnectProxy(port: number, emulatorPort: number): Promise<ConnectProxy> {
  const refused: string[] = [];
  const open = new Set<Socket>();
  let tunnels = 0;
  const server = createServer((request, response) => {
    refused.push(request.url ?? '');
    response.writeHead(403).end('Only tunnels to Dropbox.');
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('connect', (request, client: Socket, head: Buffer) => {
    const target = request.url ?? '';
    if (!dropboxHosts.some((host) => target === `${host}:443`)) {
      refused.push(target);
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    tunnels += 1;
    const emulator = connect(emulatorPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      emulator.write(head);
      client.pipe(emulator).pipe(client);
    });
    open.add(emulator);
    emulator.once('close', () => {
      open.delete(emulator);
      client.destroy();
    });
    emulator.on('error', () => client.resetAndDestroy());
    client.on('error', () => emulator.destroy());
    client.once('close', () => emulator.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    get tunnels() {
      return tunnels;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
