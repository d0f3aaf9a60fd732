import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFaults } from '../../emulators/nextcloud/faults.ts';
import { type Fault, type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { type Talk, talkTo, textsOf } from './nextcloudTalk.ts';

let server: NextcloudEmulator;
let talk: Talk;
const files = '/remote.php/dav/files/mara';
const stored = (): string[] => server.hooks.list('/');

beforeEach(async () => {
  server = await startNextcloudEmulator();
  talk = talkTo(server.url, `${server.user}:${server.password}`);
});
afterEach(() => server.close());

describe('when a fault strikes', () => {
  it('counts requests of all, or of a route, and strikes as often as it says', async () => {
    server.faults.inject({ kind: 'status', status: 423, route: 'PUT files', nth: 2, times: 2 });
    const statuses: number[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      await talk('PROPFIND', files, { headers: { depth: '0' } });
      statuses.push((await talk('PUT', `${files}/${name}`, { body: name })).status);
    }
    expect(statuses).toEqual([201, 423, 423, 201]);
    expect(server.faults.pending).toEqual([]);
    server.faults.inject({ kind: 'status', status: 500, at: 3 });
    expect(
      await Promise.all(['e', 'f'].map(async (name) => (await talk('PUT', `${files}/${name}`, { body: name })).status)),
    ).toEqual([201, 201]);
    expect((await talk('GET', `${files}/a`)).status).toBe(500);
    server.faults.inject({ kind: 'reset' });
    server.faults.clear();
    expect((await talk('GET', `${files}/a`)).status).toBe(200);
  });

  it('is counted and named in the list of requests, which shows no secrets', async () => {
    server.faults.inject({ kind: 'status', status: 503 });
    await talk('PUT', `${files}/a`, { body: 'abc' });
    await talk('PUT', `${files}/a`, { body: 'abc' });
    expect(server.requests.byRoute).toEqual({ 'PUT files': 2 });
    expect(
      server.requests.list.map(({ index, status, fault, bytesIn }) => ({ index, status, fault, bytesIn })),
    ).toEqual([
      { index: 1, status: 503, fault: 'status', bytesIn: 0 },
      { index: 2, status: 201, fault: undefined, bytesIn: 3 },
    ]);
    expect(JSON.stringify(server.requests.list)).not.toContain(
      Buffer.from(`${server.user}:${server.password}`).toString('base64'),
    );
    server.requests.reset();
    expect(server.requests.total).toBe(0);
  });
});

describe('what a fault does', () => {
  it.each<[Fault & { kind: 'status' }, string]>([
    [{ kind: 'status', status: 401 }, 'NotAuthenticated'],
    [{ kind: 'status', status: 408 }, 'BadRequest'],
    [{ kind: 'status', status: 409 }, 'Conflict'],
    [{ kind: 'status', status: 423 }, 'FileLocked'],
    [{ kind: 'status', status: 429, retryAfter: 7 }, 'TooManyRequests'],
    [{ kind: 'status', status: 500 }, 'Exception'],
    [{ kind: 'status', status: 502 }, 'nginx'],
    [{ kind: 'status', status: 413, body: 'html' }, 'nginx'],
    [{ kind: 'status', status: 503, body: 'empty' }, ''],
    [{ kind: 'status', status: 503, body: 'maintenance' }, 'ServerMaintenanceMode'],
    [{ kind: 'status', status: 507 }, 'InsufficientStorage'],
  ])('answers %j and does nothing', async (fault, word) => {
    server.faults.inject(fault);
    const reply = await talk('PUT', `${files}/a`, { body: 'abc' });
    expect([reply.status, reply.headers['retry-after']]).toEqual([fault.status, fault.retryAfter?.toString()]);
    expect(reply.text).toContain(word);
    expect(stored()).toEqual([]);
  });

  it('resets before anything is done, or within the body', async () => {
    server.faults.inject({ kind: 'reset' }, { kind: 'reset', afterBytes: 10 });
    await expect(talk('PUT', `${files}/a`, { body: 'abc' })).rejects.toThrow(/ECONNRESET|hang up/);
    await expect(talk('PUT', `${files}/a`, { body: 'x'.repeat(300_000) })).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
    expect(stored()).toEqual([]);
  });

  it('does it and loses the answer, or has a gateway give another', async () => {
    server.faults.inject({ kind: 'lostAnswer' }, { kind: 'lostAnswer', answer: 504 });
    await expect(talk('PUT', `${files}/a`, { body: 'abc' })).rejects.toThrow(/ECONNRESET|hang up/);
    expect((await talk('PUT', `${files}/b`, { body: 'abc' })).status).toBe(504);
    expect(stored()).toEqual(['a', 'b']);
  });

  it('stalls before or after doing it', async () => {
    server.faults.inject({ kind: 'stall' }, { kind: 'stallAnswer' });
    const waiting = [talk('PUT', `${files}/a`, { body: 'abc' }), talk('PUT', `${files}/b`, { body: 'abc' })];
    await expect.poll(stored).toEqual(['b']);
    expect(server.requests.running).toBe(2);
    const ends = Promise.allSettled(waiting);
    await server.close();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    server = await startNextcloudEmulator();
  });

  it('cuts the body of an answer', async () => {
    await talk('PUT', `${files}/a`, { body: 'x'.repeat(1000) });
    server.faults.inject({ kind: 'cutBody', afterBytes: 10, times: 2 });
    await expect(talk('GET', `${files}/a`)).rejects.toThrow('aborted');
    await expect(talk('PROPFIND', files)).rejects.toThrow('aborted');
  });

  it('answers a multistatus that is none', async () => {
    server.faults.inject({ kind: 'wrongXml' });
    const { status, text } = await talk('PROPFIND', files);
    expect([status, text.includes('</d:multistatus>')]).toEqual([207, false]);
  });

  it('stores nothing of a body and says 201', async () => {
    server.faults.inject({ kind: 'emptyFile' });
    expect((await talk('PUT', `${files}/a`, { body: 'abc' })).status).toBe(201);
    expect(server.hooks.stat('/a')?.size).toBe(0);
  });

  it('tells stale ETags', async () => {
    const first = (await talk('PUT', `${files}/a`, { body: '1' })).headers.etag;
    await talk('PUT', `${files}/a`, { body: '2' });
    server.faults.inject({ kind: 'staleEtag', times: 2 });
    expect(textsOf((await talk('PROPFIND', `${files}/a`)).text, 'getetag')).toEqual([first]);
    expect((await talk('GET', `${files}/a`)).headers.etag).toBe(first);
    expect((await talk('GET', `${files}/a`)).headers.etag).not.toBe(first);
  });

  it('does a chunked upload and lets the gateway give up on it', async () => {
    await talk('MKCOL', '/remote.php/dav/uploads/mara/u');
    await talk('PUT', '/remote.php/dav/uploads/mara/u/1', { body: 'abc' });
    server.faults.inject({ kind: 'lostAnswer', answer: 504, route: 'MOVE uploads' });
    expect(
      (await talk('MOVE', '/remote.php/dav/uploads/mara/u/.file', { headers: { destination: `${files}/f` } })).status,
    ).toBe(504);
    expect((await server.hooks.read('/f')).toString()).toBe('abc');
  });
});

describe('locks', () => {
  it('423 for what is locked, and 500 for moving a folder around it', async () => {
    await talk('MKCOL', `${files}/d`);
    await talk('PUT', `${files}/d/f`, { body: 'a' });
    const unlock = server.hooks.lock('/d/f');
    const statuses = await Promise.all(
      [
        talk('PUT', `${files}/d/f`, { body: 'b' }),
        talk('DELETE', `${files}/d/f`),
        talk('GET', `${files}/d/f`),
        talk('MOVE', `${files}/d/f`, { headers: { destination: `${files}/g` } }),
      ].map(async (reply) => (await reply).status),
    );
    expect(statuses).toEqual([423, 423, 423, 423]);
    const moved = await talk('MOVE', `${files}/d`, { headers: { destination: `${files}/e` } });
    expect([moved.status, textsOf(moved.text, 'exception')]).toEqual([500, ['OCP\\Lock\\LockedException']]);
    unlock();
    expect((await talk('MOVE', `${files}/d`, { headers: { destination: `${files}/e` } })).status).toBe(201);
  });

  it('keeps a second upload, and whoever deletes, away from a path while bytes come in', async () => {
    await talk('PUT', `${files}/f`, { body: 'old' });
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const long = Buffer.alloc(200_000);
    const slow = talk('PUT', `${files}/f`, {
      headers: { 'content-length': String(long.length + 1) },
      body: (async function* () {
        yield long;
        await gate;
        yield Buffer.from('2');
      })(),
    });
    await expect.poll(() => server.requests.list[1]?.bytesIn).toBe(long.length);
    expect((await talk('PUT', `${files}/f`, { body: 'ab' })).status).toBe(423);
    expect((await talk('DELETE', `${files}/f`)).status).toBe(423);
    finish();
    expect((await slow).status).toBe(204);
  });
});

describe('many clients at once', () => {
  const rounds = 20;
  /** In how many rounds more than one of eight clients was told that it had won. */
  const roundsWithTwoWinners = async (
    act: (path: string, client: number) => Promise<{ status: number }>,
  ): Promise<number> => {
    let found = 0;
    for (let round = 0; round < rounds; round += 1) {
      const replies = await Promise.all(Array.from({ length: 8 }, (_, client) => act(`${files}/race${round}`, client)));
      if (replies.filter(({ status }) => status < 300).length > 1) found += 1;
    }
    return found;
  };
  const create = (path: string, client: number) =>
    talk('PUT', path, { body: String(client), headers: { 'if-none-match': '*' } });
  const rename = async (path: string, client: number) => {
    await talk('PUT', `${path}.${client}`, { body: String(client) });
    return talk('MOVE', `${path}.${client}`, { headers: { destination: path, overwrite: 'F' } });
  };

  it('MKCOL never has two winners', async () => {
    expect(await roundsWithTwoWinners((path) => talk('MKCOL', path))).toBe(0);
  });

  it('preconditions of PUT and MOVE do, as on real servers', async () => {
    expect(await roundsWithTwoWinners(create)).toBeGreaterThan(0);
    expect(await roundsWithTwoWinners((path, client) => rename(`${path}m`, client))).toBeGreaterThan(0);
  });

  it('but not when the server is told to be exact', async () => {
    server.switches.racyPreconditions = false;
    expect(await roundsWithTwoWinners(create)).toBe(0);
    expect(await roundsWithTwoWinners((path, client) => rename(`${path}m`, client))).toBe(0);
  });

  it('loses updates that If-Match should have kept', async () => {
    await talk('PUT', `${files}/counter`, { body: '0' });
    let accepted = 0;
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let turn = 0; turn < 15; turn += 1) {
          const { text, headers } = await talk('GET', `${files}/counter`);
          const update = await talk('PUT', `${files}/counter`, {
            body: String(Number(text) + 1),
            headers: { 'if-match': headers.etag as string },
          });
          if (update.status < 300) accepted += 1;
        }
      }),
    );
    expect(Number((await server.hooks.read('/counter')).toString())).toBeLessThan(accepted);
  });
});

it('delivers webhooks to whom an administrator registered', async () => {
  const asAdmin = talkTo(server.url, `${server.admin.user}:${server.admin.password}`);
  const receiver = await startNextcloudEmulator();
  const registration = (event: string, eventFilter: object) => ({
    headers: { 'ocs-apirequest': 'true', 'content-type': 'application/json' },
    body: JSON.stringify({
      httpMethod: 'POST',
      uri: `${receiver.url}/hook`,
      event: `OCP\\Files\\Events\\Node\\${event}`,
      eventFilter,
      authMethod: 'header',
      authData: { 'X-Secret': 's3cret' },
    }),
  });
  const address = '/ocs/v2.php/apps/webhook_listeners/api/v1/webhooks?format=json';
  expect((await talk('POST', address, registration('NodeCreatedEvent', {}))).status).toBe(403);
  const created = await asAdmin(
    'POST',
    address,
    registration('NodeCreatedEvent', { 'event.node.path': '/^\\/mara\\/files\\/Reports\\//' }),
  );
  expect(created.status).toBe(200);
  await asAdmin('POST', address, registration('NodeRenamedEvent', {}));
  await talk('MKCOL', `${files}/Reports`);
  await talk('PUT', `${files}/Reports/a`, { body: 'a' });
  await talk('PUT', `${files}/b`, { body: 'b' });
  await talk('MOVE', `${files}/b`, { headers: { destination: `${files}/c` } });
  expect(await server.hooks.runJobs()).toBe(2);
  expect(receiver.requests.byRoute).toEqual({ 'POST page': 2 });
  const [headers] = receiver.requests.list.map((record) => record.headers);
  expect([headers?.['x-secret'], headers?.['content-type']]).toEqual(['s3cret', undefined]);
  expect(await server.hooks.runJobs()).toBe(0);
  const listed = JSON.parse((await asAdmin('GET', address, { headers: { 'ocs-apirequest': 'true' } })).text) as {
    ocs: { data: { id: number }[] };
  };
  expect(listed.ocs.data).toHaveLength(2);
  await asAdmin('DELETE', `/ocs/v2.php/apps/webhook_listeners/api/v1/webhooks/${listed.ocs.data[0]?.id}`, {
    headers: { 'ocs-apirequest': 'true' },
  });
  await talk('PUT', `${files}/Reports/again`, { body: 'a' });
  expect(await server.hooks.runJobs()).toBe(0);
  await receiver.close();
});

it('takes many files in one request, verifies their hashes, and stops at the first bad one', async () => {
  const part = (path: string, body: string, md5: string): string =>
    `--b\r\nX-File-Path: ${path}\r\nX-OC-Mtime: 1600000000\r\nX-File-MD5: ${md5}\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n`;
  const md5OfAbc = '900150983cd24fb0d6963f7d28e17f72';
  const send = (body: string) =>
    talk('POST', '/remote.php/dav/bulk', {
      body: `${body}--b--\r\n`,
      headers: { 'content-type': 'multipart/related; boundary=b' },
    });
  const good = await send(part('/ä.txt', 'abc', md5OfAbc) + part('/no/such', 'abc', md5OfAbc));
  expect(good.status).toBe(200);
  expect(JSON.parse(good.text)).toMatchObject({ '/ä.txt': { error: false }, '/no/such': { error: true } });
  const bad = await send(part('/1', 'abc', md5OfAbc) + part('/2', 'abc', 'f'.repeat(32)) + part('/3', 'abc', md5OfAbc));
  expect(bad.status).toBe(400);
  expect(stored()).toEqual(['1', 'ä.txt']);
});

it('reads a fault plan from text, and refuses what is none', () => {
  expect(parseFaults('[{"kind":"reset","nth":2}]')).toEqual([{ kind: 'reset', nth: 2 }]);
  expect(() => parseFaults('[{"kind":"sabotage"}]')).toThrow('none of the kinds');
  expect(() => parseFaults('{}')).toThrow('list');
});

it('delays every answer by the length of the line, and no longer than its width asks for', async () => {
  const far = await startNextcloudEmulator({ latencyMs: 20, bandwidth: 1_000_000 });
  const began = performance.now();
  const { status } = await talkTo(far.url, `${far.user}:${far.password}`)('PUT', `${files}/a`, {
    body: Buffer.alloc(100_000),
  });
  // Connecting 40 ms, there and back 40 ms, 100 ms for the bytes.
  expect([status, performance.now() - began >= 170]).toEqual([201, true]);
  await far.close();
});
