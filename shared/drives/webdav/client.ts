import { drain, utf8 } from '../../core/bytes.ts';
import { DossierError, type DossierErrorDetails, isDossierError } from '../../core/errors.ts';
import type { DrivePath } from '../../core/paths.ts';
import { type Clock, type HttpPort, type HttpResponse, type Log, type SizedBody, silentLog } from '../../core/ports.ts';
import { redirectSaying } from '../../core/redirect.ts';
import type { Context } from '../../drive/drive.ts';
import { type FailureMeaning, failureOf, type Purpose, statusFailure } from './failures.ts';
import { createHrefs, type Hrefs } from './href.ts';
import { dav, readMultistatus } from './multistatus.ts';
import { createRelocate, type Relocate } from './relocate.ts';
import { createSorter, type DavListing, type DavResource } from './sorter.ts';
import { createRespell } from './spelling.ts';

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

export type { DavResource } from './sorter.ts';

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
  ): AsyncIterable<DavListing>;
  /** MOVE or COPY, also behind a proxy that hides the server's own address from it. */
  readonly relocate: Relocate;
  /** What a SEARCH finds, anywhere in the drive. */
  search(request: DavRequest, purpose: Purpose, context?: Context): Promise<DavResource[]>;
  /**
   * Does `work` with the address of `path`; when nothing is found there, once more with the names as the server spells
   * them, which compares bytes where we compare characters.
   */
  spelled<T>(path: DrivePath, work: () => Promise<T>, context?: Context): Promise<T>;
}

const safeMethods = new Set(['GET', 'HEAD', 'PROPFIND', 'OPTIONS']);
const redirects = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 3;
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
      if (waited > ms) throw new DossierError('timeout', 'The response body timed out', { where: kind });
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
      throw moved(request.url, target, { ...purpose, where: kind });
    return exchange({ ...request, url: target.href }, purpose, context, hops + 1);
  };

  const send = async (request: DavRequest, purpose: Purpose, context: Context = {}) => {
    const response = await exchange(request, purpose, context);
    if (response.status < 200 || response.status > 299)
      throw await failureOf(response, request.method, { ...purpose, where: kind }, meanings);
    return response;
  };

  /** Asks for properties of a path, and with depth 1 of what lies directly in it. */
  const ask = async (
    path: DrivePath,
    depth: 0 | 1,
    properties: readonly string[],
    purpose: Purpose,
    context?: Context,
  ) => {
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
    if (response.status === 207) return { body: response.body, at: timeOf(response) };
    await drain(response.body);
    const { status } = response;
    throw new DossierError('invalid-response', 'This address does not speak WebDAV', {
      advice: 'Check the address.',
      ...purpose,
      where: kind,
      status,
    });
  };
  const timeOf = (response: HttpResponse): number => {
    const told = Date.parse(response.headers['date'] ?? '');
    return Number.isNaN(told) ? clock.now() : told;
  };

  /**
   * What a multistatus says of `path` and, with depth 1, of its children. A child that cannot be used is told with the
   * others; whoever else is named is left out.
   */
  async function* propfind(
    path: DrivePath,
    depth: 0 | 1,
    properties: readonly string[],
    purpose: Purpose,
    context?: Context,
  ): AsyncIterable<DavListing> {
    const sorter = createSorter({ hrefs, log, path, depth, purpose: { ...purpose, where: kind } });
    const { body, at } = await ask(path, depth, properties, purpose, context);
    for await (const batch of readMultistatus(body)) {
      const listing = sorter.sort(batch, at);
      if (listing.resources.length + listing.unreadable.length > 0) yield listing;
    }
    const rest = sorter.end(at);
    if (rest.resources.length + rest.unreadable.length > 0) yield rest;
  }

  const exists = async (path: DrivePath, context?: Context): Promise<boolean> => {
    try {
      for await (const { resources } of propfind(path, 0, [dav('resourcetype')], { operation: 'stat', path }, context))
        if (resources.length > 0) return true;
    } catch (error) {
      if (!isDossierError(error, 'not-found')) throw error;
    }
    return false;
  };
  const respell = createRespell(hrefs, exists);

  const client: Omit<DavClient, 'relocate'> = {
    kind,
    hrefs,
    send,
    async perform(request, purpose, context) {
      const response = await send(request, purpose, context);
      if (response.status === 207) await throwFailedMember(response, request.method, { ...purpose, where: kind });
      else await drain(response.body);
      return response;
    },
    async look(path, properties, purpose, context) {
      const once = async () => {
        let found: DavResource | undefined;
        for await (const { resources } of propfind(path, 0, properties, purpose, context)) found ??= resources[0];
        return found;
      };
      try {
        return await client.spelled(path, once, context);
      } catch (error) {
        if (isDossierError(error, 'not-found')) return undefined;
        throw error;
      }
    },
    async spelled(path, work, context) {
      try {
        return await work();
      } catch (error) {
        const missing = isDossierError(error, 'not-found') || isDossierError(error, 'parent-missing');
        if (!missing || !(await respell(path, context))) throw error;
        return work();
      }
    },
    async search(request, purpose, context) {
      const response = await send(request, purpose, context);
      const found: DavResource[] = [];
      for await (const batch of readMultistatus(response.body)) {
        for (const { href, properties } of batch) {
          const path = hrefs.pathOf(href);
          if (path !== undefined) hrefs.keepSpelling(href);
          if (path !== undefined && found.push({ path, properties, at: timeOf(response) }) > maxFound)
            throw new DossierError('invalid-response', 'The server found more than there can be', {
              ...purpose,
              where: kind,
            });
        }
      }
      return found;
    },
    async *scan(folder, properties, purpose, context) {
      const begin = async () => {
        const listings = propfind(folder, 1, properties, purpose, context)[Symbol.asyncIterator]();
        return { listings, first: await listings.next() };
      };
      const { listings, first } = await client.spelled(folder, begin, context);
      try {
        for (let each = first; !each.done; each = await listings.next()) yield each.value;
      } finally {
        await listings.return?.(undefined);
      }
    },
  };
  return { ...client, relocate: createRelocate(client, clock) };
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

function moved(from: string, target: URL | undefined, details: DossierErrorDetails): DossierError {
  return new DossierError('invalid-response', redirectSaying(from, target), {
    ...details,
    ...(target && { advice: null }),
  });
}

/** A 207 to DELETE, MOVE or COPY lists what failed; an empty one is a success. */
async function throwFailedMember(response: HttpResponse, method: string, details: DossierErrorDetails): Promise<void> {
  for await (const batch of readMultistatus(response.body)) {
    const failed = batch.find(({ status }) => status !== undefined && status >= 300);
    if (failed) throw statusFailure(failed.status as number, method, details);
  }
}
