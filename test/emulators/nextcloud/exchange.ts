/** One request and its answer, with the latency, the bandwidth and the fault that lie on its way. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DavError } from './davError.ts';
import type { Fault } from './faults.ts';
import { pace } from './pace.ts';
import type { RequestRecord } from './requestLog.ts';
import type { Account } from './accounts.ts';

export interface Wire {
  /** One way, in milliseconds. */
  readonly latencyMs: number;
  readonly bytesPerSecond: number | undefined;
}

export type Body = string | Uint8Array | AsyncIterable<Uint8Array | string>;

/** The connection is gone, on purpose; nothing more can be said on it. */
export class Dropped extends Error {}

const gatewayPage = (status: number): string =>
  `<html>\r\n<head><title>${status} Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Below the installation's own prefix, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly record: RequestRecord;
  readonly fault: Fault | undefined;
  account: Account | undefined;
  /** Extra headers for whatever answer is given. */
  readonly extraHeaders: Record<string, string | string[]> = {};
  readonly #wire: Wire;

  constructor(request: IncomingMessage, response: ServerResponse, path: string, query: string, record: RequestRecord, fault: Fault | undefined, wire: Wire) {
    this.request = request;
    this.response = response;
    this.method = request.method ?? 'GET';
    this.path = path;
    this.query = new URLSearchParams(query);
    this.record = record;
    this.fault = fault;
    this.#wire = wire;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get owner(): Account {
    if (this.account === undefined) throw new Error('this route needs a signed-in account');
    return this.account;
  }

  get staleEtags(): boolean {
    return this.fault?.do === 'staleEtag';
  }

  async arrive(): Promise<void> {
    if (this.#wire.latencyMs > 0) await sleep(this.#wire.latencyMs);
  }

  async *body(): AsyncGenerator<Uint8Array> {
    const limit = this.fault?.do === 'reset' ? this.fault.afterRequestBytes : undefined;
    for await (const piece of this.request as AsyncIterable<Buffer>) {
      this.record.bytesIn += piece.length;
      if (limit !== undefined && this.record.bytesIn >= limit) this.drop();
      await pace(this.request.socket, 'in', piece.length, this.#wire.bytesPerSecond);
      yield piece;
    }
  }

  async text(limit = 1 << 20): Promise<string> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.body()) {
      size += piece.length;
      if (size > limit) throw new DavError('EntityTooLarge', 'The request body is too large');
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  }

  /** Breaks the connection without a word. */
  drop(): never {
    this.request.socket.destroy();
    throw new Dropped();
  }

  async send(status: number, headers: Record<string, string | string[]> = {}, body: Body = ''): Promise<void> {
    if (this.response.headersSent || this.response.destroyed) return;
    if (this.#wire.latencyMs > 0) await sleep(this.#wire.latencyMs);
    const lost = this.fault?.do === 'lostAnswer' ? this.fault.as : undefined;
    if (lost === 'drop') this.drop();
    if (lost === undefined) await this.#write(status, { ...this.extraHeaders, ...headers }, body);
    else await this.#write(lost, { 'Content-Type': 'text/html' }, gatewayPage(lost));
  }

  async #write(status: number, headers: Record<string, string | string[]>, body: Body): Promise<void> {
    const { response } = this;
    this.record.status = status;
    const whole = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined;
    const sized = Object.keys(headers).some((name) => name.toLowerCase() === 'content-length');
    const bodyless = status === 204 || status === 304 || this.method === 'HEAD';
    response.writeHead(status, whole === undefined || sized || bodyless ? headers : { ...headers, 'Content-Length': String(whole.length) });
    if (!bodyless) await this.#stream(whole === undefined ? body as AsyncIterable<Uint8Array | string> : [whole]);
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.end(() => resolve());
    });
    // What was not read of the request must not be taken for the next one.
    if (!this.request.complete) this.request.resume();
  }

  async #stream(body: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>): Promise<void> {
    const limit = this.fault?.do === 'cutBody' ? this.fault.afterBytes : Infinity;
    for await (const piece of body) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      const room = limit - this.record.bytesOut;
      this.record.bytesOut += Math.min(bytes.length, room);
      await this.#put(bytes.subarray(0, room));
      if (bytes.length >= room) {
        // Give the kernel the bytes that were meant to arrive before the connection breaks.
        await new Promise((resolve) => setImmediate(resolve));
        this.drop();
      }
    }
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const { response } = this;
    if (response.destroyed) throw new Dropped();
    await pace(response.socket ?? this.request.socket, 'out', bytes.length, this.#wire.bytesPerSecond);
    if (bytes.length === 0 || response.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done);
        resolve();
      };
      response.once('drain', done).once('close', done);
    });
  }
}
