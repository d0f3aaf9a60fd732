import { drain, utf8 } from '../../core/bytes.ts';
import { DossierError, type DossierErrorDetails, isDossierError } from '../../core/errors.ts';
import { type DrivePath, parentOf } from '../../core/paths.ts';
import { type Clock, type HttpPort, type HttpResponse, type Log, type SizedBody, silentLog } from '../../core/ports.ts';
import type { Context } from '../../drive/drive.ts';
import { type FailureMeaning, failureOf, type Purpose, statusFailure } from './failures.ts';
import { createHrefs, type Hrefs } from './href.ts';
import { type DavResponse, readMultistatus } from './multistatus.ts';

export interface DavClientOptions {
  /** Of drive, for errors. */
  readonly kind: string;
  /** Adds the credentials itself. */
  readonly http: HttpPort;
  readonly clock: Clock;
  /** The folder that is the root of the drive. */
  readonly url: string;
  /** Milliseconds without progress for ordinary requests; those that keep a server busy get more. */
  readonly timeoutMs?: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What this kind of server means by its failures. */
  readonly meanings?: readonly FailureMeaning[];
  readonly log?: Log;
}

export interface DavRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | SizedBody;
  /** Bytes that the server has to move or to hash before it can answer. */
  readonly busyBytes?: number;
}

/** What the server says of one path. */
export interface DavResource {
  readonly path: DrivePath;
  readonly properties: DavResponse['properties'];
}

export interface DavClient {
  readonly kind: string;
  readonly hrefs: Hrefs;
  /** The answer to a request that succeeded; everything else is thrown. The body has to be read by the caller. */
  send(request: DavRequest, purpose: Purpose, context?: Context): Promise<HttpResponse>;
  /** As `send`, for answers whose body says nothing but, perhaps, which members failed (207). */
  perform(request: DavRequest, purpose: Purpose, context?: Context): Promise<HttpResponse>;
  /** Properties of one path; undefined when nothing is there. */
  look(
    path: DrivePath,
    properties: readonly string[],
    purpose: Purpose,
    context?: Context,
  ): Promise<DavResource | undefined>;
  /** Properties of a folder and of what lies directly in it, in batches, in the order of the server. */
  scan(
    folder: DrivePath,
    properties: readonly string[],
    purpose: Purpose,
    context?: Context,
  ): AsyncIterable<DavResource[]>;
  /** What a SEARCH finds, anywhere in the drive. */
  search(request: DavRequest, purpose: Purpose, context?: Context): Promise<DavResource[]>;
}

const safeMethods = new Set(['GET', 'HEAD', 'PROPFIND', 'OPTIONS']);
const redirects = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 3;
/** Entries that a listing may hold in vain. */
const maxUnusable = 10_000;
/**
 * Longest time, milliseconds, that a server is given to move, copy, delete or hash; and how much of it each GB earns.
 */
const busyMethods = new Set(['MOVE', 'COPY', 'DELETE', 'PATCH']);
const maxBusyMs = 1_800_000;
const busyMsPerGb = 180_000;
const maxFound = 10_000;
/** How many time-outs of silence a server may spend on an answer without being silent. */
const patience = 10;

/**
 * Requests of WebDAV (RFC 4918) with nothing in the answers taken on trust. Repeats nothing, keeps no cookies, follows
 * no one elsewhere.
 */
export function createDavClient(options: DavClientOptions): DavClient {
  const { kind, http, clock, timeoutMs = 60_000, headers: common, meanings = [], log = silentLog } = options;
  const hrefs = createHrefs(options.url);

  /**
   * The time-out of the port is for silence. This one is for servers that are never silent, and never done; what the
   * reader takes for himself does not count.
   */
  async function* hurried(body: AsyncIterable<Uint8Array>, ms: number): AsyncIterable<Uint8Array> {
    let waited = 0;
    let since = clock.now();
    for await (const bytes of body) {
      waited += clock.now() - since;
      if (waited > ms)
        throw new DossierError('timeout', 'The server does not come to the end of its answer', { where: kind });
      yield bytes;
      since = clock.now();
    }
  }

  const exchange = async (request: DavRequest, purpose: Purpose, context: Context, hops = 0): Promise<HttpResponse> => {
    const { busyBytes, ...rest } = request;
    const silence = busyMethods.has(request.method) ? busyTime(busyBytes, timeoutMs) : timeoutMs;
    const response = await http.send({
      ...rest,
      headers: { ...common, ...request.headers },
      timeoutMs: silence,
      ...(context.signal ? { signal: context.signal } : {}),
      ...(context.onSent && request.body ? { onSent: context.onSent } : {}),
    });
    if (!redirects.has(response.status))
      return request.method === 'GET' && response.status < 300
        ? response
        : { ...response, body: hurried(response.body, timeoutMs * patience) };
    await drain(response.body);
    const target = redirectTarget(request.url, response);
    if (!target || !safeMethods.has(request.method) || target.origin !== hrefs.origin || hops === maxRedirects)
      throw moved(target, { ...purpose, where: kind });
    return exchange({ ...request, url: target.href }, purpose, context, hops + 1);
  };

  const send = async (request: DavRequest, purpose: Purpose, context: Context = {}) => {
    const response = await exchange(request, purpose, context);
    if (response.status < 200 || response.status > 299)
      throw await failureOf(response, { ...purpose, where: kind }, meanings);
    return response;
  };

  /**
   * Resources of a multistatus that answer for `path` and, with depth 1, its children; whoever else is named is
   * refused.
   */
  async function* propfind(
    path: DrivePath,
    depth: 0 | 1,
    properties: readonly string[],
    purpose: Purpose,
    context?: Context,
  ): AsyncIterable<DavResource[]> {
    const refuse = (sentence: string, status?: number) =>
      new DossierError('invalid-response', sentence, { ...purpose, where: kind, ...(status && { status }) });
    // A server that answers for a path and then says that it is not there contradicts itself.
    const selfFailure = (status: number) =>
      status === 404
        ? refuse('The server contradicts itself', status)
        : statusFailure(status, { ...purpose, where: kind });
    const headers = {
      'Depth': String(depth),
      'Content-Type': 'application/xml; charset=utf-8',
      'Accept': 'application/xml, text/xml',
    };
    const response = await send(
      { method: 'PROPFIND', url: hrefs.urlOf(path), headers, body: propfindBody(properties) },
      purpose,
      context,
    );
    if (response.status !== 207) {
      await drain(response.body);
      throw refuse('This address does not speak WebDAV', response.status);
    }
    const seen = new Set<DrivePath>();
    let unusable = 0;
    for await (const batch of readMultistatus(response.body)) {
      const resources: DavResource[] = [];
      for (const { href, status, properties: found } of batch) {
        const at = hrefs.pathOf(href);
        const asked = at === path || (depth === 1 && at !== undefined && parentOf(at) === path);
        const failed = status !== undefined && status >= 300;
        if (failed && at === path) throw selfFailure(status);
        if (at === undefined || !asked || failed || seen.has(at)) unusable++;
        else if (resources.push({ path: at, properties: found })) seen.add(at);
        if (unusable > maxUnusable) throw refuse('The server sent a listing that says nothing');
      }
      if (resources.length > 0) yield resources;
    }
    if (!seen.has(path)) throw refuse('The server said nothing about the path that was asked for');
    if (unusable > 0)
      log.write(
        'warn',
        'Entries were left out of a listing: they lie elsewhere, are given twice, or have names that cannot be used',
        { folder: path, entries: unusable },
      );
  }

  return {
    kind,
    hrefs,
    send,
    async perform(request, purpose, context) {
      const response = await send(request, purpose, context);
      if (response.status === 207) await throwFailedMember(response, { ...purpose, where: kind });
      else await drain(response.body);
      return response;
    },
    async look(path, properties, purpose, context) {
      let found: DavResource | undefined;
      try {
        for await (const [resource] of propfind(path, 0, properties, purpose, context)) found ??= resource;
      } catch (error) {
        if (isDossierError(error, 'not-found')) return undefined;
        throw error;
      }
      return found;
    },
    async search(request, purpose, context) {
      const response = await send(request, purpose, context);
      const found: DavResource[] = [];
      for await (const batch of readMultistatus(response.body)) {
        for (const { href, properties } of batch) {
          const path = hrefs.pathOf(href);
          if (path !== undefined && found.push({ path, properties }) > maxFound)
            throw new DossierError('invalid-response', 'The server found more than there can be', {
              ...purpose,
              where: kind,
            });
        }
      }
      return found;
    },
    scan: (folder, properties, purpose, context) => propfind(folder, 1, properties, purpose, context),
  };
}

function busyTime(bytes: number | undefined, timeoutMs: number): number {
  return Math.min(maxBusyMs, Math.max(timeoutMs, ((bytes ?? 2e9) / 1e9) * busyMsPerGb));
}

function propfindBody(properties: readonly string[]): Uint8Array {
  const names = properties.map((property) => {
    const [, namespace, local] = /^\{(.*)\}(.+)$/.exec(property) ?? [];
    return `<${local} xmlns="${namespace}"/>`;
  });
  return utf8(`<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop>${names.join('')}</prop></propfind>`);
}

function redirectTarget(from: string, response: HttpResponse): URL | undefined {
  const location = response.headers['location'];
  return location !== undefined && URL.canParse(location, from) ? new URL(location, from) : undefined;
}

function moved(target: URL | undefined, details: DossierErrorDetails): DossierError {
  const sentence = target
    ? `The server sends us on to ${target.origin}: enter the address of that server if you trust it`
    : 'The server sends us on, but does not say where';
  return new DossierError('invalid-response', sentence, details);
}

/** A 207 to DELETE, MOVE or COPY lists what failed; an empty one is a success. */
async function throwFailedMember(response: HttpResponse, details: DossierErrorDetails): Promise<void> {
  for await (const batch of readMultistatus(response.body)) {
    const failed = batch.find(({ status }) => status !== undefined && status >= 300);
    if (failed) throw statusFailure(failed.status as number, details);
  }
}
