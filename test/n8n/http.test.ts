import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type IExecuteFunctions, type INodeType, NodeConnectionTypes } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DossierNextcloudApi } from '../../credentials/DossierNextcloudApi.credentials.ts';
import { createHttp } from '../../nodes/host/http.ts';
import { bytesSource, type HttpPort, readBytes } from '../../shared/index.ts';
import { seededBytes } from '../support/seeded.ts';
import { createNodeHost, type NodeHost } from './nodeHost.ts';

/** Answers by path; keeps what it was sent. */
class Script {
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers']; body: Buffer }[] = [];
  closedEarly = 0;
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void = (_request, response) =>
    response.end();
}

const script = new Script();
let server: Server;
let host: NodeHost;
let url: string;

beforeAll(async () => {
  host = await createNodeHost();
  server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) script.closedEarly++;
    });
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    script.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    script.answer(request, response, body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await host[Symbol.asyncDispose]();
});

/** Runs `use` within a real execution of a node that has a Nextcloud credential. */
async function withHttp<T>(
  use: (http: HttpPort) => Promise<T>,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  let result: T | undefined;
  const node: INodeType = {
    description: {
      displayName: 'Probe',
      name: 'probe',
      group: [],
      version: 1,
      description: '',
      defaults: {},
      inputs: [NodeConnectionTypes.Main],
      outputs: [NodeConnectionTypes.Main],
      credentials: [{ name: 'dossierNextcloudApi' }],
      properties: [],
    },
    async execute(this: IExecuteFunctions) {
      result = await use(createHttp(this, 'dossierNextcloudApi', options.timeoutMs));
      return [[]];
    },
  };
  const credentials = {
    dossierNextcloudApi: { type: new DossierNextcloudApi(), data: { url, user: 'zoë', password: 'pässword' } },
  };
  await host.run({
    node,
    parameters: {},
    credentials,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return result as T;
}

const last = () => script.seen.at(-1)!;

describe('the HTTP port of n8n', () => {
  it('adds the credentials as UTF-8 and gives every status as an answer', async () => {
    script.answer = (_request, response) =>
      response.writeHead(409, { 'X-Two': ['a', 'b'] }).end('{"error_summary":"path/not_found/."}');
    const { status, headers, text } = await withHttp(async (http) => {
      const answer = await http.send({
        method: 'POST',
        url: `${url}/x`,
        body: Buffer.from('{}'),
        headers: { 'content-type': 'application/json' },
      });
      return { ...answer, text: Buffer.from(await readBytes(answer.body, 1000)).toString() };
    });
    expect(status).toBe(409);
    expect(headers['x-two']).toBe('a, b');
    expect(text).toContain('not_found');
    expect(last().headers.authorization).toBe(`Basic ${Buffer.from('zoë:pässword').toString('base64')}`);
    expect(last().headers['content-length']).toBe('2');
  });

  it('gives a 401 that is left with its body, because the body tells what is missing', async () => {
    script.answer = (_request, response) =>
      response.writeHead(401, { 'x-why': 'scope' }).end('{"error":{".tag":"missing_scope"}}');
    const answer = await withHttp(async (http) => {
      const { status, headers, body } = await http.send({ method: 'GET', url: `${url}/x` });
      return { status, headers, text: Buffer.from(await readBytes(body, 1000)).toString() };
    });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'x-why': 'scope' },
      text: '{"error":{".tag":"missing_scope"}}',
    });
  });

  it('sends no credentials with an anonymous request', async () => {
    script.answer = (_request, response) => response.end();
    await withHttp((http) => http.send({ method: 'GET', url: `${url}/x`, anonymous: true }));
    expect(last().headers.authorization).toBeUndefined();
  });

  it('follows no redirect', async () => {
    script.answer = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect((await withHttp((http) => http.send({ method: 'GET', url: `${url}/x` }))).status).toBe(302);
    expect(last().url).toBe('/x');
  });

  it.each([0, 1, 5_000_000])('streams a source of %i bytes with its length', async (size) => {
    script.answer = (_request, response) => response.end();
    const bytes = seededBytes(size, 1);
    const sent: number[] = [];
    await withHttp((http) =>
      http.send({ method: 'PUT', url: `${url}/x`, body: bytesSource(bytes), onSent: (count) => sent.push(count) }),
    );
    expect(last().headers['content-length']).toBe(String(size));
    expect(last().headers['transfer-encoding']).toBeUndefined();
    expect(last().body.equals(bytes)).toBe(true);
    if (size > 0) expect(sent.at(-1)).toBe(size);
  });

  it.each(['PROPFIND', 'MKCOL', 'MOVE', 'REPORT'])('speaks %s', async (method) => {
    script.answer = (_request, response) => response.writeHead(207).end('<x/>');
    const { status } = await withHttp((http) => http.send({ method, url: `${url}/x`, body: Buffer.from('<q/>') }));
    expect([status, last().method, last().body.toString()]).toEqual([207, method, '<q/>']);
  });

  it('destroys the connection when the signal is aborted in the middle of an answer', async () => {
    script.answer = (_request, response) => response.write('half');
    const before = script.closedEarly;
    const abort = new AbortController();
    const reading = withHttp(async (http) => {
      const { body } = await http.send({ method: 'GET', url: `${url}/x`, signal: abort.signal });
      for await (const _piece of body) abort.abort();
    });
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => script.closedEarly).toBe(before + 1);
  });

  it('stops with the execution', async () => {
    const abort = new AbortController();
    script.answer = () => abort.abort();
    await expect(
      withHttp((http) => http.send({ method: 'GET', url: `${url}/x` }), { signal: abort.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('gives up a server that does not answer, and one that stops in the middle', async () => {
    script.answer = () => undefined;
    await expect(
      withHttp((http) => http.send({ method: 'GET', url: `${url}/x` }), { timeoutMs: 200 }),
    ).rejects.toMatchObject({ code: 'timeout' });
    script.answer = (_request, response) => response.write('half');
    const reading = withHttp(
      async (http) => readBytes((await http.send({ method: 'GET', url: `${url}/x` })).body, 1000),
      { timeoutMs: 200 },
    );
    await expect(reading).rejects.toMatchObject({ code: 'timeout' });
  });

  it('says that nobody is there, and that the answer was cut', async () => {
    await expect(withHttp((http) => http.send({ method: 'GET', url: 'http://127.0.0.1:1/x' }))).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    script.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    const reading = withHttp(async (http) =>
      readBytes((await http.send({ method: 'GET', url: `${url}/x` })).body, 1000),
    );
    await expect(reading).rejects.toMatchObject({ code: 'offline' });
  });
});
