/** One request and its answer, with the fault that lies on its way. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Account } from './accounts.ts';
import { DavError } from './davError.ts';
import { type FaultKind, gatewayPage } from './faults.ts';
import type { RequestRecord } from './requestLog.ts';

export type Headers = Record<string, string | string[]>;
export type Body = string | Uint8Array | AsyncIterable<Uint8Array | string>;

/** The connection is gone, on purpose; nothing more can be said on it. */
export class Dropped extends Error {}

const firstBytes = 100;

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Below the installation's own prefix, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly record: RequestRecord;
  readonly fault: FaultKind | undefined;
  account: Account | undefined;
  /** Go with whatever answer is given. */
  readonly extraHeaders: Headers = {};

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
    record: RequestRecord,
    fault: FaultKind | undefined,
  ) {
    this.request = request;
    this.response = response;
    this.method = record.method;
    this.path = path;
    this.query = new URLSearchParams(query);
    this.record = record;
    this.fault = fault;
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
    return this.fault?.kind === 'staleEtag';
  }

  async *body(): AsyncGenerator<Uint8Array> {
    const limit = this.fault?.kind === 'reset' ? this.fault.afterBytes : undefined;
    for await (const piece of this.request as AsyncIterable<Buffer>) {
      this.record.bytesIn += piece.length;
      if (limit !== undefined && this.record.bytesIn >= limit) this.drop();
      yield piece;
    }
  }

  async text(limit = 1 << 20): Promise<string> {
    return (await this.bytes(limit)).toString();
  }

  async bytes(limit: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.body()) {
      size += piece.length;
      if (size > limit) throw new DavError('EntityTooLarge', 'The request body is too large');
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  /** Breaks the connection without a word. */
  drop(): never {
    const { socket } = this.request;
    if (socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    else socket.destroy();
    throw new Dropped();
  }

  async send(status: number, headers: Headers = {}, body: Body = ''): Promise<void> {
    if (this.response.headersSent || this.response.destroyed) return;
    const { fault } = this;
    if (fault?.kind === 'stallAnswer') return;
    if (fault?.kind !== 'lostAnswer') return this.#write(status, { ...this.extraHeaders, ...headers }, body);
    const answer = fault.answer ?? 'drop';
    if (answer === 'drop') this.drop();
    return this.#write(answer, { 'Content-Type': 'text/html' }, gatewayPage(answer));
  }

  async #write(status: number, headers: Headers, body: Body): Promise<void> {
    const { response } = this;
    this.record.status = status;
    const whole = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined;
    const sized = Object.keys(headers).some((name) => name.toLowerCase() === 'content-length');
    const bodyless = status === 204 || status === 304 || this.method === 'HEAD';
    response.writeHead(
      status,
      whole === undefined || sized || bodyless ? headers : { ...headers, 'Content-Length': String(whole.length) },
    );
    if (!bodyless) await this.#stream(whole === undefined ? (body as AsyncIterable<Uint8Array | string>) : [whole]);
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.end(() => resolve());
    });
    // What was not read of the request must not be taken for the next one.
    if (!this.request.complete) this.request.resume();
  }

  async #stream(body: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>): Promise<void> {
    const limit = this.fault?.kind === 'cutBody' ? (this.fault.afterBytes ?? firstBytes) : Infinity;
    for await (const piece of body) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      const room = limit - this.record.bytesOut;
      this.record.bytesOut += Math.min(bytes.length, room);
      await this.#put(bytes.subarray(0, room));
      if (bytes.length >= room) this.#cut();
    }
  }

  /** Ends the connection behind what was written, which still arrives. */
  #cut(): never {
    this.request.socket.destroySoon();
    throw new Dropped();
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const { response } = this;
    if (response.destroyed) throw new Dropped();
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
