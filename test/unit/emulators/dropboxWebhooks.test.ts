import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { start } from './dropboxTalk.ts';

interface Notice {
  readonly accounts: readonly string[];
  readonly users: readonly number[];
  readonly genuine: boolean;
  readonly agent: string | undefined;
}

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** A receiver as the documentation describes one; `answer` decides what each notice gets. */
async function listen(
  secret: string,
  answer: (count: number, response: ServerResponse) => void = (_, response) => response.end(),
) {
  const notices: Notice[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x');
    if (request.method === 'GET') {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' });
      response.end(searchParams.get('challenge'));
      return;
    }
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => {
      const raw = Buffer.concat(pieces);
      const body = JSON.parse(raw.toString()) as { list_folder: { accounts: string[] }; delta: { users: number[] } };
      const expected = createHmac('sha256', secret).update(raw).digest();
      const given = Buffer.from(String(request.headers['x-dropbox-signature']), 'hex');
      notices.push({
        accounts: body.list_folder.accounts,
        users: body.delta.users,
        genuine: timingSafeEqual(expected, given),
        agent: request.headers['user-agent'],
      });
      answer(notices.length, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { notices, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

describe('registration', () => {
  it('wants the challenge back, in plain text that is not sniffed', async () => {
    const { emulator } = await start();
    const { url } = await listen(emulator.appSecret);
    await expect(emulator.webhooks.register(url)).resolves.toBeUndefined();
    const wrong = (headers: Record<string, string>, body?: string) =>
      new Promise<string>((resolve) => {
        const server = createServer((request, response) => {
          response.writeHead(200, headers);
          response.end(body ?? new URL(request.url ?? '', 'http://x').searchParams.get('challenge'));
        });
        servers.push(server);
        server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
      });
    const register = async (address: Promise<string>) => emulator.webhooks.register(await address);
    const nosniff = { 'X-Content-Type-Options': 'nosniff' };
    await expect(register(wrong({ ...nosniff, 'Content-Type': 'text/html' }))).rejects.toThrow('not text/plain');
    await expect(register(wrong({ 'Content-Type': 'text/plain' }))).rejects.toThrow('nosniff');
    await expect(register(wrong({ ...nosniff, 'Content-Type': 'text/plain' }, 'other'))).rejects.toThrow(
      'with the challenge',
    );
    await expect(register(Promise.resolve('http://127.0.0.1:1/'))).rejects.toThrow('did not answer');
  });
});

/** Ten minutes in a third of a second; receivers get real seconds to answer. */
const fast = { clockScale: 2000, webhookTimes: { answerMs: 20_000_000 } };

describe('notifications', () => {
  it('are signed, and one for a burst of changes', async () => {
    const { emulator, upload } = await start();
    const { url, notices } = await listen(emulator.appSecret);
    await emulator.webhooks.register(url);
    await upload('/a', '1');
    await upload('/b', '2');
    emulator.clock.advance(1000);
    await emulator.webhooks.idle();
    expect(notices).toEqual([
      {
        accounts: [emulator.accountId],
        users: [emulator.accounts[0]!.uid],
        genuine: true,
        agent: 'DropboxWebhooks/1.0',
      },
    ]);
    await upload('/b', '2');
    await emulator.webhooks.idle();
    // Identical content changed nothing.
    expect(notices).toHaveLength(1);
  });

  it('name the linked accounts that changed, together', async () => {
    const accounts = ['Ada A', 'Bob B', 'Eve E'].map((name) => ({
      name,
      email: `${name.slice(0, 3)}@example.com`,
      kind: 'basic' as const,
    }));
    const { emulator, upload } = await start({ accounts });
    const { url, notices } = await listen(emulator.appSecret);
    await emulator.webhooks.register(url);
    const bob = emulator.tokens.issue({ account: 1 }).accessToken;
    await upload('/a', '1');
    await fetch(`${emulator.url}/2/files/create_folder_v2`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${bob}`, 'Content-Type': 'application/json' },
      body: '{"path":"/x"}',
    });
    emulator.clock.advance(1000);
    await emulator.webhooks.idle();
    expect(notices.map((notice) => [...notice.accounts].sort())).toEqual([
      emulator.accounts
        .slice(0, 2)
        .map((each) => each.id)
        .sort(),
    ]);
    emulator.webhooks.notify();
    await emulator.webhooks.idle();
    expect(notices[1]?.accounts).toHaveLength(2);
  });

  it('are tried again for about ten minutes', async () => {
    const { emulator, upload } = await start(fast);
    const { url, notices } = await listen(emulator.appSecret, (count, response) =>
      response.writeHead(count < 3 ? 500 : 200).end(),
    );
    await emulator.webhooks.register(url);
    await upload('/a', '1');
    await emulator.webhooks.idle();
    expect(notices).toHaveLength(3);
    expect(emulator.webhooks.deliveries.map((each) => [each.attempt, each.status])).toEqual([
      [1, 500],
      [2, 500],
      [3, 200],
    ]);
    expect(emulator.webhooks.failures).toBe(0);
  });

  it('are given up after that', async () => {
    const { emulator, upload } = await start(fast);
    const { url } = await listen(emulator.appSecret, (_, response) => response.writeHead(503).end());
    await emulator.webhooks.register(url);
    await upload('/a', '1');
    await emulator.webhooks.idle();
    const { deliveries, failures } = emulator.webhooks;
    expect([deliveries.length, failures]).toEqual([8, 1]);
    const minutes = (deliveries[7]!.at - deliveries[0]!.at) / 60_000;
    expect(minutes).toBeGreaterThan(9.9);
    const gaps = deliveries.slice(1).map((each, index) => each.at - deliveries[index]!.at);
    // A machine that is busy only makes them longer.
    [5, 10, 20, 40, 80, 160, 285].forEach((seconds, index) =>
      expect(gaps[index]).toBeGreaterThanOrEqual(seconds * 1000),
    );
  });

  it('may end with the address being dropped', async () => {
    const { emulator } = await start({ webhookTimes: { retryMs: [], disableAfter: 2 } });
    const { url, notices } = await listen(emulator.appSecret, (_, response) => response.writeHead(500).end());
    await emulator.webhooks.register(url);
    for (let count = 0; count < 4; count += 1) {
      emulator.webhooks.notify();
      await emulator.webhooks.idle();
    }
    expect(notices).toHaveLength(2);
  });

  it('count as failed when nobody answers within ten seconds', async () => {
    const { emulator } = await start({ webhookTimes: { retryMs: [] } });
    const { url } = await listen(emulator.appSecret, () => emulator.clock.advance(10_000));
    await emulator.webhooks.register(url);
    emulator.webhooks.notify();
    await emulator.webhooks.idle();
    expect(emulator.webhooks.deliveries).toMatchObject([{ status: null }]);
  });

  it('come twice, and the wrong way round, on demand', async () => {
    const accounts = ['Ada A', 'Bob B'].map((name) => ({
      name,
      email: `${name.slice(0, 3)}@example.com`,
      kind: 'basic' as const,
    }));
    const { emulator } = await start({ accounts });
    const [ada, bob] = emulator.accounts.map((each) => each.id) as [string, string];
    const { url, notices } = await listen(emulator.appSecret);
    await emulator.webhooks.register(url);
    emulator.webhooks.duplicate(2);
    emulator.webhooks.notify([ada]);
    await emulator.webhooks.idle();
    expect(notices.map((each) => each.accounts)).toEqual([[ada], [ada]]);
    emulator.webhooks.duplicate(1);
    emulator.webhooks.hold();
    emulator.webhooks.notify([ada]);
    emulator.webhooks.notify([bob]);
    expect(notices).toHaveLength(2);
    emulator.webhooks.release('reversed');
    await emulator.webhooks.idle();
    expect(
      emulator.webhooks.deliveries
        .slice(2)
        .map((each) => each.notification)
        .sort(),
    ).toEqual([2, 3]);
    expect(notices.slice(2).map((each) => each.accounts)).toEqual([[bob], [ada]]);
  });
});
