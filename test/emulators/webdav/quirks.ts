/**
 * An honest WebDAV server with a quirk or two: answers as servers, proxies and mounts give them that mean no harm. Names
 * are compared byte by byte. Quirks may be changed while it runs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, createFaultSource, type FaultKind, type FaultPlan } from '../nextcloud/faults.ts';
import { entryXml, multistatusXml } from './attack.ts';
import { answerHonestly, hrefOf, pathIn, propertiesOf, root } from './plainDav.ts';
import { createStore, type Resource, type Store } from './store.ts';

export interface Quirks {
  /** The status of a whole request, in place of an answer. */
  status?: (method: string, path: string) => number | undefined;
  /** The status of a child of its own, in a listing that is well otherwise. */
  childStatus?: (path: string) => number | undefined;
  /** How the server writes the href of an entry in listings. */
  href?: (href: string, path: string) => string;
  /** Properties of an entry in listings. */
  properties?: (honest: string, path: string) => string;
  /** The whole document of a listing. */
  document?: (honest: string) => string;
  /** One ETag for all that is written to a name within one second, as servers that make it of the time do. */
  etagPerSecond?: boolean;
}

export interface QuirkyWebdav {
  readonly url: string;
  readonly quirks: Quirks;
  /** What goes wrong with which request: `reset`, `stall`, `cutBody`, `status` and `wrongXml`. */
  readonly faults: FaultPlan;
  readonly store: Store;
  /** Method and decoded path. */
  readonly requests: string[];
  write(path: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export async function startQuirkyWebdav(quirks: Quirks = {}): Promise<QuirkyWebdav> {
  const folder = await mkdtemp(join(tmpdir(), 'quirky-webdav-'));
  const store = await createStore(folder);
  const requests: string[] = [];
  const faults = createFaultSource();
  const etagOf = ({ etag, modified }: Resource) =>
    quirks.etagPerSecond ? `"${Math.floor(modified.getTime() / 1000)}"` : etag;

  const list = (path: string, depth: string): string | undefined => {
    const resource = store.get(path);
    if (resource === undefined) return undefined;
    const below = (name: string) => `${path === '/' ? '' : path}/${name}`;
    const inside = depth === '0' ? [] : store.children(path).map(([name, child]) => [below(name), child] as const);
    const one = (at: string, each: Resource): string => {
      const href = (quirks.href ?? ((honest) => honest))(hrefOf(at, each), at);
      const status = at === path ? undefined : quirks.childStatus?.(at);
      if (status !== undefined)
        return `<d:response><d:href>${href}</d:href><d:status>HTTP/1.1 ${status} Bad</d:status></d:response>`;
      const honest = propertiesOf({ ...each, etag: etagOf(each) });
      return entryXml(href, quirks.properties?.(honest, at) ?? honest);
    };
    const honest = multistatusXml([[path, resource] as const, ...inside].map(([at, each]) => one(at, each)).join(''));
    return quirks.document?.(honest) ?? honest;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request;
    const path = pathIn(url);
    if (path === undefined) return void response.writeHead(404).end();
    requests.push(`${method} ${path}`);
    const status = quirks.status?.(method, path);
    if (status !== undefined) {
      request.resume();
      return void response.writeHead(status, { 'Content-Length': '0' }).end();
    }
    const fault = faults.next(`${method} files`);
    if (fault !== undefined && fails(fault, request, response)) return;
    if (method !== 'PROPFIND') return answerHonestly({ request, response, store, path });
    request.resume();
    const document = list(path, String(request.headers.depth ?? '1'));
    if (document === undefined) return void response.writeHead(404, { 'Content-Length': '0' }).end();
    const said = fault?.kind === 'wrongXml' || fault?.kind === 'cutBody' ? document.slice(0, 100) : document;
    const length = fault?.kind === 'cutBody' ? Buffer.byteLength(document) : Buffer.byteLength(said);
    response.writeHead(207, { 'Content-Type': 'application/xml; charset=utf-8', 'Content-Length': String(length) });
    response.write(said);
    if (length > Buffer.byteLength(said)) request.socket.destroySoon();
    else response.end();
  };

  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`,
    quirks,
    faults,
    store,
    requests,
    write: (path, text) =>
      store.write(
        path,
        (async function* () {
          yield Buffer.from(text);
        })(),
      ),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The faults that keep a request from being done; true when there is nothing more to answer. */
function fails(fault: FaultKind, request: IncomingMessage, response: ServerResponse): boolean {
  if (fault.kind === 'stall') return true;
  if (fault.kind === 'reset') {
    (request.socket as Socket).resetAndDestroy();
    return true;
  }
  if (fault.kind !== 'status') return false;
  request.resume();
  const { status, headers, body } = answerOf(fault);
  const challenge: Record<string, string> = status === 401 ? { 'WWW-Authenticate': 'Basic realm="files"' } : {};
  response.writeHead(status, { ...headers, ...challenge, 'Content-Length': String(Buffer.byteLength(body)) }).end(body);
  return true;
}
