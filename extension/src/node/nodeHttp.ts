import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tls, { type TLSSocket } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import {
  DossierError,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  say,
  throwIfCancelled,
  transportError,
} from '../../../shared/index.ts';
import { type Agents, proxyFailure, proxyRefusal } from './proxy.ts';

export interface NodeHttpOptions {
  /** Milliseconds without progress; the time-out of the connection. */
  readonly timeoutMs?: number;
  /** The connection's own way to the network; without it the editor's settings are followed. */
  readonly agents?: Agents | undefined;
  /**
   * SHA-256 fingerprint of the one certificate to accept for this connection, `AA:BB:…`; replaces the usual chain
   * check.
   */
  readonly pinnedFingerprint?: string;
  /** Extra certificate authorities, PEM. */
  readonly ca?: string | string[];
}

/**
 * HTTP over `node:http` and `node:https`. Both are called as members of their module objects: VS Code merges its proxy
 * and certificate support into those objects, and a function taken out of them would miss it.
 */
export function createNodeHttp(options: NodeHttpOptions = {}): HttpPort {
  const { timeoutMs = 60_000, agents, pinnedFingerprint } = options;
  const trust = trustOf(options);
  // A resumed TLS session does not show its certificate again, so none is kept for resuming.
  const pinningAgent = pinnedFingerprint ? new https.Agent({ keepAlive: true, maxCachedSessions: 0 }) : undefined;
  return {
    send(request) {
      const url = new URL(request.url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw new DossierError('invalid-input', say`"${url.protocol}" is not an address Dossier can call; use https`, {
          advice: null,
        });
      }
      const secure = url.protocol === 'https:';
      const agent = agents?.[url.protocol];
      const settings: RequestOptions & Pick<tls.ConnectionOptions, 'secureContext'> = {
        method: request.method,
        headers: withLength(request),
        ...(agent ? { agent } : {}),
        ...(secure ? trust : {}),
        // A pinned certificate is compared by fingerprint before the first byte of the request, see `checkPin`.
        ...(secure && pinningAgent ? { rejectUnauthorized: false, agent: agent ?? pinningAgent } : {}),
      };
      // The editor's patched functions would put its own proxy in place of the one that the user has named for this
      // connection.
      const open = () =>
        agent
          ? new http.ClientRequest({ ...urlToHttpOptions(url), ...settings })
          : secure
            ? https.request(url, settings)
            : http.request(url, settings);
      const call = { open, timeoutMs, pinned: secure ? pinnedFingerprint : undefined, proxy: agents?.proxy };
      return exchange(call, request);
    },
  };
}

function withLength({ method, headers = {}, body }: HttpRequest): Record<string, string | number> {
  const length = body === undefined ? 0 : body instanceof Uint8Array ? body.length : body.size;
  const silent =
    body === undefined && ['GET', 'HEAD', 'DELETE', 'PROPFIND', 'MKCOL', 'MOVE', 'COPY', 'OPTIONS'].includes(method);
  return silent ? { ...headers } : { ...headers, 'Content-Length': length };
}

let ofSystem: tls.SecureContext | undefined;

/**
 * Whom to believe, where that is for us to say: an agent of our own goes without what the editor adds to its functions,
 * the authorities that the system trusts. They are hundreds, which otherwise each connection would read and keep.
 */
function trustOf({ agents, ca }: NodeHttpOptions): Pick<tls.ConnectionOptions, 'secureContext'> {
  if (ca !== undefined) return { secureContext: tls.createSecureContext({ ca }) };
  if (!agents) return {};
  ofSystem ??= tls.createSecureContext({
    ca: [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])],
  });
  return { secureContext: ofSystem };
}

/** How many time-outs of silence a server may take until its answer begins. */
const patience = 10;

/**
 * May be asked again at once when a kept connection turns out to have been closed by the server meanwhile (RFC 9110,
 * section 9.2.2).
 */
const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'SEARCH']);

/** How one request is made. */
interface Call {
  readonly open: () => ClientRequest;
  readonly timeoutMs: number;
  /** Fingerprint of the one certificate to accept. */
  readonly pinned: string | undefined;
  /** `address:port` of the proxy between, where the connection names one. */
  readonly proxy: string | undefined;
}

async function exchange(call: Call, request: HttpRequest): Promise<HttpResponse> {
  const { timeoutMs, pinned, proxy } = call;
  const { signal, body, onSent } = request;
  throwIfCancelled(signal);
  const outgoing = call.open();
  let fail: (error: DossierError) => void = () => undefined;
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    // An unasked change of protocol (101) ends the request with neither answer nor error.
    outgoing.once('close', () => reject(new DossierError('offline', 'The connection was cut')));
    // A request that has no socket yet is destroyed without a word.
    fail = (error) => {
      outgoing.destroy(error);
      reject(error);
    };
  });
  const abort = () => fail(new DossierError('cancelled'));
  signal?.addEventListener('abort', abort, { once: true });
  const way = watchWay(outgoing, request.timeoutMs ?? timeoutMs, fail);
  answered.catch(() => undefined);
  try {
    if (pinned) await Promise.race([checkPin(outgoing, pinned), answered]);
    if (body === undefined) outgoing.end();
    else await Promise.race([sendBody(outgoing, body, onSent), answered]);
    const incoming = await answered;
    if (proxy !== undefined && way.refusedWith !== undefined) throw proxyRefusal(proxy, way.refusedWith);
    incoming.once('close', () => signal?.removeEventListener('abort', abort));
    return { status: incoming.statusCode ?? 0, headers: plainHeaders(incoming), body: readBody(incoming, signal) };
  } catch (error) {
    signal?.removeEventListener('abort', abort);
    outgoing.destroy();
    if (outgoing.reusedSocket && isBrokenPipe(error) && readingMethods.has(request.method))
      return exchange(call, request);
    // A server may answer (413, 507) and close before it has read the whole body: the answer says more than the broken
    // pipe.
    throw (
      (proxy === undefined || way.isThrough ? undefined : proxyFailure(error, proxy)) ??
      transportError(error, request.url)
    );
  }
}

interface Way {
  /** The proxy has let the request through, or there is none. */
  readonly isThrough: boolean;
  /** The status with which a proxy refused to open a way. */
  readonly refusedWith: number | undefined;
}

/**
 * Watches a request on its way. The time-out of a socket begins with the socket, and one that a proxy is asked for may
 * never come. Silence is one thing; a server that keeps on sending headers or interim answers is never silent, and
 * never answers.
 */
function watchWay(outgoing: ClientRequest, timeoutMs: number, fail: (error: DossierError) => void): Way {
  const way: { isThrough: boolean; refusedWith: number | undefined } = { isThrough: false, refusedWith: undefined };
  const giveUp = () => fail(new DossierError('timeout', 'The server did not answer in time'));
  const late = setTimeout(giveUp, timeoutMs);
  outgoing.once('socket', () => {
    clearTimeout(late);
    way.isThrough = true;
  });
  outgoing.once('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => {
    if (statusCode !== 200) way.refusedWith = statusCode;
  });
  outgoing.setTimeout(timeoutMs, giveUp);
  outgoing.once('finish', () => {
    const never = setTimeout(giveUp, patience * timeoutMs);
    outgoing.once('response', () => clearTimeout(never)).once('close', () => clearTimeout(never));
  });
  outgoing.once('close', () => clearTimeout(late));
  return way;
}

async function sendBody(
  outgoing: ClientRequest,
  body: NonNullable<HttpRequest['body']>,
  onSent: HttpRequest['onSent'],
): Promise<void> {
  if (body instanceof Uint8Array && !onSent) {
    outgoing.end(body);
    return;
  }
  const pieces = body instanceof Uint8Array ? slices(body) : body.open();
  try {
    await pipeline(
      Readable.from(counted(pieces, body instanceof Uint8Array ? body.length : body.size, onSent), {
        objectMode: false,
      }),
      outgoing,
    );
  } catch (error) {
    if (!isBrokenPipe(error)) throw error;
    // Give an early answer the chance to arrive; without one the request's own error event decides.
    await new Promise((resolve) => setImmediate(resolve));
    throw error;
  }
}

function isBrokenPipe(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  const step = 256 * 1024;
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function* counted(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
  onSent: HttpRequest['onSent'],
): AsyncIterable<Uint8Array> {
  let sent = 0;
  for await (const piece of pieces) {
    sent += piece.length;
    if (sent > size) throw new DossierError('source-changed', 'The file became longer while it was sent');
    yield piece;
    onSent?.(sent);
  }
  if (sent < size) throw new DossierError('source-changed', 'The file became shorter while it was sent');
}

async function* readBody(incoming: IncomingMessage, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  try {
    for await (const part of incoming) yield part as Uint8Array;
    if (!incoming.complete) throw new DossierError('offline', 'The connection broke in the middle of the answer');
  } catch (error) {
    throwIfCancelled(signal);
    throw transportError(error);
  } finally {
    incoming.destroy();
  }
}

function plainHeaders(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function checkPin(outgoing: ClientRequest, pinned: string): Promise<void> {
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('socket', (socket) => {
      const check = () => {
        const seen = (socket as TLSSocket).getPeerCertificate().fingerprint256;
        if (seen === pinned) resolve();
        else
          reject(
            new DossierError(
              'untrusted-certificate',
              say`The certificate of the server is not the one accepted for this connection (now ${seen ?? say`none`})`,
            ),
          );
      };
      if (socket.connecting || !(socket as TLSSocket).getPeerCertificate?.()?.fingerprint256)
        socket.once('secureConnect', check);
      else check();
    });
    // Headers are held back until the first write, so nothing secret leaves before the check.
  });
}
