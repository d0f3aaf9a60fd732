import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Answer, refusalAnswer, send } from './answer.ts';
import { isRefusal, plainRefusal } from './errors.ts';
import { type Fault, type FaultSource, refusalOf } from './faults.ts';
import type { Limits } from './options.ts';
import type { RequestRecord, RequestRecorder } from './requests.ts';

/** One HTTP request on its way to an answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly record: RequestRecord;
  readonly fault: Fault | undefined;
  /** Counted, and subject to the faults that break bodies. */
  readonly body: AsyncIterable<Uint8Array>;
}

export type Handle = (exchange: Exchange) => Promise<Answer>;

export interface ServerOptions {
  readonly handle: Handle;
  readonly log: RequestRecorder;
  readonly faults: FaultSource;
  readonly header: Limits['header'];
  readonly certificate?: { readonly key: string; readonly cert: string };
}

export interface Server {
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

/** Names the route of a path: what request counters and faults go by. */
export const routeOf = (pathname: string): string => pathname.replace(/^\/(2\/)?/, '');

export function createServer({ handle, log, faults, header, certificate }: ServerOptions): Server {
  const sockets = new Map<number, Socket>();
  const working = new Set<Promise<void>>();
  const settings = { maxHeaderSize: 1024 * 1024, requestTimeout: 0, keepAliveTimeout: 60_000 };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const work = respond(request, response).finally(() => working.delete(work));
    working.add(work);
  };
  const server = certificate ? createHttps({ ...settings, ...certificate }, listener) : createHttp(settings, listener);
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    socket.setNoDelay(true);
    if (remotePort === undefined) return;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });

  /** A real reset, also below TLS. */
  const reset = (socket: Socket): void => {
    sockets.get(socket.remotePort ?? -1)?.resetAndDestroy();
    socket.destroy();
  };
  const clientGone = (socket: Socket): Promise<void> =>
    new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));

  async function* readBody(
    request: IncomingMessage,
    record: RequestRecord,
    fault: Fault | undefined,
  ): AsyncGenerator<Uint8Array> {
    const { socket } = request;
    const breaks = fault && (fault.kind === 'reset' || fault.kind === 'stall') ? fault : undefined;
    const limit = breaks?.afterBytes ?? Number.POSITIVE_INFINITY;
    // A handler that has read enough must not end the connection: its answer is still to come.
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const part = piece.subarray(0, limit - record.bytesIn);
      record.bytesIn += part.length;
      yield part;
      if (record.bytesIn < limit) continue;
      if (breaks?.kind === 'reset') reset(socket);
      await clientGone(socket);
      throw new Error('The connection broke in the middle of the body, as planned.');
    }
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://emulator');
    if (url.pathname === '/__emulator/requests') return tellRequests(request, response);
    // Node takes the socket off the request once it is over.
    const { socket } = request;
    const route = routeOf(url.pathname);
    const record = log.open(route, request.method ?? '', request.url ?? '');
    const fault = route.startsWith('__emulator') ? undefined : faults.next(route);
    if (fault) record.fault = fault.kind;
    response.on('error', () => undefined);
    try {
      if ((fault?.kind === 'reset' || fault?.kind === 'stall') && fault.afterBytes === undefined) {
        if (fault.kind === 'reset') reset(socket);
        await clientGone(socket);
        return;
      }
      const body = readBody(request, record, fault);
      const answer = await answerTo({ request, url, record, fault, body });
      if (fault?.kind === 'lostAnswer') return reset(socket);
      if (fault?.kind === 'stallAnswer') return await clientGone(socket);
      // What a refused request still sends is read and dropped, so that it sees its answer.
      if (!request.complete) request.resume();
      await send(response, answer, record, fault?.kind === 'cutBody' ? () => reset(socket) : undefined);
    } catch {
      reset(socket);
    } finally {
      log.close(record);
    }
  }

  async function answerTo(exchange: Exchange): Promise<Answer> {
    const { request, fault } = exchange;
    try {
      if (fault?.kind === 'status') throw refusalOf(fault);
      const size = request.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
      if (size > header.bytes) throw plainRefusal(header.status, 'Request Header Fields Too Large');
      const answer = await handle(exchange);
      return fault?.kind === 'wrongJson' ? misread(answer, fault.text) : answer;
    } catch (error) {
      if (isRefusal(error)) return refusalAnswer(error);
      if (request.destroyed || request.socket.destroyed) throw error;
      // A mistake of the emulator itself must not pass for a bad network.
      const story = error instanceof Error ? error.stack : String(error);
      return refusalAnswer(plainRefusal(500, `The emulator failed. ${story ?? ''}`));
    }
  }

  function misread(answer: Answer, text = '{"entries": [{"name": "a", '): Answer {
    return { ...refusalAnswer(plainRefusal(200, text, 'application/json')), status: answer.status };
  }

  function tellRequests(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'DELETE') log.reset();
    const { total, bytesIn, bytesOut, running, peak, byRoute } = log;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ total, bytesIn, bytesOut, running, peak, routes: byRoute }));
  }

  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
      }),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const socket of sockets.values()) socket.destroy();
      await closed;
      await Promise.allSettled(working);
    },
  };
}
