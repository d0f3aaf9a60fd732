import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { start, type Talk, talk } from './dropboxTalk.ts';

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

describe('the line', () => {
  it('takes its latency each way, and a round trip more for a new connection', async () => {
    const talker = await start({ latencyMs: 50 });
    // Connection and request: two round trips.
    const fresh = await timed(() => talker.rpc('users/get_current_account'));
    expect(fresh).toBeGreaterThan(195);
    expect(fresh).toBeLessThan(600);
  });

  it('carries so many bytes a second on each connection, both ways', async () => {
    const talker = await start({ bandwidth: 2_000_000 });
    const bytes = Buffer.alloc(1_000_000, 'x');
    expect(await timed(() => talker.upload('/a', bytes))).toBeGreaterThan(490);
    expect(await timed(() => talker.download('/a'))).toBeGreaterThan(490);
    const four = await timed(() => Promise.all(['/b', '/c', '/d', '/e'].map((path) => talker.upload(path, bytes))));
    expect(four).toBeLessThan(1900);
    expect((await talker.download('/e')).bytes.equals(bytes)).toBe(true);
  });

  it('passes resets and cuts on', async () => {
    const { upload, download, emulator } = await start({ latencyMs: 5 });
    emulator.faults.inject({ kind: 'lostAnswer' }, { kind: 'cutBody', route: 'files/download' });
    await expect(upload('/a', 'x'.repeat(5000))).rejects.toThrow(/ECONNRESET|socket hang up/);
    await expect(download('/a')).rejects.toThrow(/ECONNRESET|aborted|socket hang up/);
    expect((await download('/a')).bytes).toHaveLength(5000);
  });
});

describe('TLS and the proxy', () => {
  /** Through the tunnel, as a client behind a proxy does: by the real name of the host. */
  async function throughProxy(
    { emulator }: Talk,
    host: string,
    path: string,
  ): Promise<{ status: number; text: string }> {
    const proxy = new URL(emulator.proxy!.url);
    const raw = connectTcp(Number(proxy.port), proxy.hostname);
    raw.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
    const [answer] = (await once(raw, 'data')) as [Buffer];
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer.toString())?.[1]);
    if (status !== 200) return { status, text: '' };
    const socket = connectTls({ socket: raw, servername: host, ca: emulator.caPem! });
    await once(socket, 'secureConnect');
    const headers = { Authorization: `Bearer ${emulator.token}`, Host: host };
    const request = httpsRequest({ method: 'POST', path, headers, createConnection: () => socket });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of response) text += String(piece);
    socket.destroy();
    return { status: response.statusCode ?? 0, text };
  }

  it('serve the names of Dropbox, and let nothing else out', async () => {
    const talker = await start({ tls: true, proxyPort: 0 });
    const reply = await throughProxy(talker, 'api.dropboxapi.com', '/2/users/get_current_account');
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toMatchObject({ account_id: talker.emulator.accountId });
    expect((await throughProxy(talker, 'content.dropboxapi.com', '/2/users/get_current_account')).status).toBe(404);
    for (const host of ['example.com', 'evil-dropboxapi.com', 'api.dropboxapi.com.example.com']) {
      expect((await throughProxy(talker, host, '/')).status).toBe(403);
    }
    expect(talker.emulator.proxy).toMatchObject({
      tunnels: 2,
      refused: ['example.com:443', 'evil-dropboxapi.com:443', 'api.dropboxapi.com.example.com:443'],
    });
    expect((await talk(`${talker.emulator.proxy!.url}/plain`, { method: 'GET' })).status).toBe(403);
  });

  it('resets reach below TLS', async () => {
    const talker = await start({ tls: true });
    talker.emulator.faults.inject({ kind: 'reset' });
    const request = httpsRequest(`${talker.emulator.url}/2/users/get_current_account`, {
      method: 'POST',
      ca: talker.emulator.caPem,
    });
    request.end();
    await expect(once(request, 'response')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
