import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { httpOf } from '../../extension/src/model/connections/openConnection.ts';
import { type ProxySettings, readBytes } from '../../shared/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) =>
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const pipe = (a: Socket, b: Socket) => {
  a.on('error', () => b.destroy()).pipe(b);
  b.on('error', () => a.destroy()).pipe(a);
};

/** A proxy that opens tunnels for one user and notes where they lead. */
async function connectProxy(user: string, password: string) {
  const tunnels: string[] = [];
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const server = http.createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    if (request.headers['proxy-authorization'] !== wanted)
      return client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    tunnels.push(request.url!);
    const { hostname, port } = new URL(`tcp://${request.url}`);
    const target = net.connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      pipe(client, target);
    });
    target.on('error', () => client.destroy());
  });
  return { port: await listening(server), tunnels };
}

/** The part of SOCKS5 (RFC 1928, 1929) that a client with a password uses. */
async function socksProxy(user: string, password: string) {
  const tunnels: string[] = [];
  const server = net.createServer((client) => {
    client.once('data', () => {
      client.write(Buffer.from([5, 2]));
      client.once('data', (login: Buffer) => {
        const name = login.subarray(2, 2 + login[1]!);
        const secret = login.subarray(3 + login[1]!);
        if (name.toString() !== user || secret.toString() !== password) return client.end(Buffer.from([1, 1]));
        client.write(Buffer.from([1, 0]));
        client.once('data', (request: Buffer) => {
          // A name or an IPv4 address: names are left to the proxy.
          const host =
            request[3] === 3 ? request.subarray(5, 5 + request[4]!).toString() : [...request.subarray(4, 8)].join('.');
          const port = request.readUInt16BE(request.length - 2);
          tunnels.push(`${host}:${port}`);
          const target = net.connect(port, host, () => {
            client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            pipe(client, target);
          });
          target.on('error', () => client.destroy());
        });
      });
    });
  });
  return { port: await listening(server), tunnels };
}

async function cloud(tls: boolean) {
  const server = await startNextcloudEmulator(tls ? { tls: true } : {});
  open.push(() => server.close());
  return server;
}

const status = (url: string, proxy: ProxySettings, proxyPassword: string, pinnedFingerprint?: string) =>
  httpOf(
    { timeoutSeconds: 10, proxy, ...(pinnedFingerprint === undefined ? {} : { pinnedFingerprint }) },
    { proxyPassword },
  )
    .send({ method: 'GET', url: `${url}/status.php` })
    .then(
      async ({ body }) =>
        (JSON.parse(new TextDecoder().decode(await readBytes(body, 10_000))) as { installed: boolean }).installed,
    );

describe('the proxy of a connection', () => {
  test('HTTP: a tunnel with user, domain and password, for http and for a pinned https server', async () => {
    const proxy = await connectProxy('CORP\\anna', 'geheim: ü@/');
    const settings: ProxySettings = {
      type: 'http',
      address: '127.0.0.1',
      port: proxy.port,
      user: 'anna',
      domain: 'CORP',
    };
    for (const tls of [false, true]) {
      const server = await cloud(tls);
      expect(
        await status(server.url, settings, 'geheim: ü@/', tls ? server.certificate?.fingerprint256 : undefined),
      ).toBe(true);
      expect(proxy.tunnels.at(-1)).toBe(new URL(server.url).host);
    }
    expect(proxy.tunnels).toHaveLength(2);
  });

  test('a wrong password is the proxy’s refusal, not the server’s', async () => {
    const proxy = await connectProxy('anna', 'right');
    const server = await cloud(false);
    const sent = status(server.url, { type: 'http', address: '127.0.0.1', port: proxy.port, user: 'anna' }, 'wrong');
    await expect(sent).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('proxy') });
    await expect(sent).rejects.not.toMatchObject({ message: expect.stringContaining('wrong') });
    expect(proxy.tunnels).toEqual([]);
  });

  test('a certificate that is not the pinned one is refused through a proxy too', async () => {
    const proxy = await connectProxy('anna', 'p');
    const server = await cloud(true);
    const settings: ProxySettings = { type: 'http', address: '127.0.0.1', port: proxy.port, user: 'anna' };
    await expect(status(server.url, settings, 'p', 'AA:'.repeat(31) + 'AA')).rejects.toMatchObject({
      code: 'untrusted-certificate',
    });
    await expect(status(server.url, settings, 'p')).rejects.toMatchObject({ code: 'untrusted-certificate' });
  });

  test('SOCKS5: a tunnel with user and password, and no way around it when they are wrong', async () => {
    const proxy = await socksProxy('anna', 'p');
    const server = await cloud(false);
    const settings: ProxySettings = { type: 'socks5', address: '127.0.0.1', port: proxy.port, user: 'anna' };
    expect(await status(server.url, settings, 'p')).toBe(true);
    expect(proxy.tunnels).toEqual([new URL(server.url).host]);
    await expect(status(server.url, settings, 'q')).rejects.toMatchObject({ code: 'forbidden' });
    expect(proxy.tunnels).toHaveLength(1);
  });

  test('a proxy that is not there is an error of its own, and nothing goes directly', async () => {
    const server = await cloud(false);
    const before = server.requests.total;
    await expect(status(server.url, { type: 'socks5', address: '127.0.0.1', port: 1 }, '')).rejects.toMatchObject({
      code: 'offline',
      where: 'proxy',
      message: expect.stringContaining('The proxy 127.0.0.1:1 of this connection cannot be reached'),
    });
    await expect(status(server.url, { type: 'http', address: '127.0.0.1', port: 1 }, '')).rejects.toMatchObject({
      code: 'offline',
      where: 'proxy',
      message: expect.stringContaining('The proxy 127.0.0.1:1 of this connection cannot be reached'),
    });
    expect(server.requests.total).toBe(before);
    expect(await status(server.url, { type: 'none' }, '')).toBe(true);
  });

  test.each(['http', 'socks5'] as const)(
    'a %s proxy that takes the connection and then says nothing is given up within the time-out',
    async (type) => {
      const port = await listening(net.createServer(() => undefined));
      const server = await cloud(false);
      const http = httpOf({ timeoutSeconds: 1, proxy: { type, address: '127.0.0.1', port } }, {});
      const began = Date.now();
      await expect(http.send({ method: 'GET', url: `${server.url}/status.php` })).rejects.toMatchObject({
        code: 'timeout',
        where: 'proxy',
        message: expect.stringContaining(`The proxy 127.0.0.1:${port} of this connection did not answer in time`),
      });
      expect(Date.now() - began).toBeLessThan(5_000);
    },
  );

  test('cancelling while a proxy says nothing ends at once', async () => {
    const port = await listening(net.createServer(() => undefined));
    const http = httpOf({ timeoutSeconds: 60, proxy: { type: 'http', address: '127.0.0.1', port } }, {});
    const cancelling = new AbortController();
    const sent = http.send({ method: 'GET', url: 'http://example.invalid/', signal: cancelling.signal });
    setImmediate(() => cancelling.abort());
    await expect(sent).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('a proxy that may not reach the server says so, and its page is not taken for the server’s', async () => {
    const proxy = http.createServer();
    proxy.on('connect', (_, client: Socket) => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno'));
    const port = await listening(proxy);
    const sent = status('http://127.0.0.1:9', { type: 'http', address: '127.0.0.1', port }, '');
    await expect(sent).rejects.toMatchObject({
      code: 'offline',
      where: 'proxy',
      message: expect.stringContaining('lets nothing through to the server (502)'),
    });
  });
});
