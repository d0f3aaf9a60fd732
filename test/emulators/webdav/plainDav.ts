/** A small, honest WebDAV server, class 1: what the attacks are put on top of. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { entryXml, multistatusXml } from './attack.ts';
import { parentPath, type Resource, type Store } from './store.ts';

export const root = '/dav';

interface Request {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly store: Store;
  /** Below the root, decoded. */
  readonly path: string;
}

const etagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim());

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': '0' }).end();
}

/** A path below the root, or undefined where the address is none of ours. */
export function pathIn(address: string): string | undefined {
  const raw = address.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/, '');
  if (raw !== root && !raw.startsWith(`${root}/`)) return undefined;
  try {
    const segments = raw
      .slice(root.length)
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
    if (segments.some((segment) => segment === '.' || segment === '..' || /[/\0]/.test(segment))) return undefined;
    return `/${segments.join('/')}`;
  } catch {
    return undefined;
  }
}

export const hrefOf = (path: string, resource: Resource): string => {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return root + encoded + (resource.kind === 'folder' && path !== '/' ? '/' : '');
};

export function propertiesOf(resource: Resource): string {
  const shared = `<d:getlastmodified>${resource.modified.toUTCString()}</d:getlastmodified><d:getetag>${resource.etag}</d:getetag>`;
  return resource.kind === 'folder'
    ? `${shared}<d:resourcetype><d:collection/></d:resourcetype>`
    : `${shared}<d:getcontentlength>${resource.size}</d:getcontentlength><d:resourcetype/>`;
}

/** The honest answer to PROPFIND, as responses one by one. */
export function responsesFor(store: Store, path: string, depth: string): string[] | undefined {
  const resource = store.get(path);
  if (resource === undefined) return undefined;
  const inside =
    depth === '0'
      ? []
      : store.children(path).map(([name, child]) => [`${path === '/' ? '' : path}/${name}`, child] as const);
  return [[path, resource] as const, ...inside].map(([at, each]) => entryXml(hrefOf(at, each), propertiesOf(each)));
}

function preconditionFails({ request, store, path }: Request): boolean {
  const current = store.get(path);
  const match = request.headers['if-match'];
  const noneMatch = request.headers['if-none-match'];
  if (match !== undefined && (current === undefined || (match !== '*' && !etagsIn(match).includes(current.etag))))
    return true;
  return (
    noneMatch !== undefined && current !== undefined && (noneMatch === '*' || etagsIn(noneMatch).includes(current.etag))
  );
}

const methods: Readonly<Record<string, (request: Request) => Promise<void> | void>> = {
  OPTIONS: ({ response }) =>
    void response.writeHead(200, { DAV: '1', Allow: Object.keys(methods).join(', '), 'Content-Length': '0' }).end(),
  HEAD: get,
  GET: get,
  async PUT(asked) {
    const { request, response, store, path } = asked;
    const before = store.get(path);
    if (store.get(parentPath(path))?.kind !== 'folder') return refuse(response, 409);
    if (before?.kind === 'folder') return refuse(response, 405);
    if (preconditionFails(asked)) return refuse(response, 412);
    await store.write(path, request);
    response.writeHead(before === undefined ? 201 : 204, { ETag: store.get(path)?.etag ?? '' }).end();
  },
  MKCOL({ response, store, path }) {
    if (store.get(path) !== undefined) return refuse(response, 405);
    if (store.get(parentPath(path))?.kind !== 'folder') return refuse(response, 409);
    store.makeFolder(path);
    return refuse(response, 201);
  },
  DELETE({ response, store, path }) {
    if (store.get(path) === undefined) return refuse(response, 404);
    store.remove(path);
    return refuse(response, 204);
  },
  MOVE: (asked) => transfer(asked, 'move'),
  COPY: (asked) => transfer(asked, 'copy'),
};

async function get({ request, response, store, path }: Request): Promise<void> {
  const resource = store.get(path);
  if (resource === undefined) return refuse(response, 404);
  if (resource.kind === 'folder') return refuse(response, 405);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null || range[2] === '' ? resource.size - 1 : Math.min(Number(range[2]), resource.size - 1);
  if (range !== null && start >= resource.size) return refuse(response, 416);
  const headers = {
    ETag: resource.etag,
    'Last-Modified': resource.modified.toUTCString(),
    'Content-Length': String(end - start + 1),
  };
  response.writeHead(
    range === null ? 200 : 206,
    range === null ? headers : { ...headers, 'Content-Range': `bytes ${start}-${end}/${resource.size}` },
  );
  if (request.method !== 'HEAD' && resource.size > 0)
    for await (const piece of store.read(resource, start, end)) response.write(piece);
  response.end();
}

function transfer({ request, response, store, path }: Request, how: 'move' | 'copy'): void {
  const destination = pathIn(String(request.headers.destination ?? ''));
  const target = destination === undefined ? undefined : store.get(destination);
  if (store.get(path) === undefined) return refuse(response, 404);
  if (destination === undefined) return refuse(response, 400);
  if (destination === path || destination.startsWith(`${path}/`)) return refuse(response, 403);
  if (store.get(parentPath(destination))?.kind !== 'folder') return refuse(response, 409);
  if (target !== undefined && request.headers['overwrite'] === 'F') return refuse(response, 412);
  if (target !== undefined) store.remove(destination);
  store[how](path, destination);
  return refuse(response, target === undefined ? 201 : 204);
}

export async function answerHonestly(asked: Request): Promise<void> {
  const { request, response, store, path } = asked;
  if (request.method === 'PROPFIND') {
    request.resume();
    const responses = responsesFor(store, path, String(request.headers.depth ?? 'infinity'));
    if (responses === undefined) return refuse(response, 404);
    response
      .writeHead(207, { 'Content-Type': 'application/xml; charset=utf-8' })
      .end(multistatusXml(responses.join('')));
    return;
  }
  const method = methods[request.method ?? ''];
  if (request.method !== 'PUT') request.resume();
  await (method === undefined ? refuse(response, 501) : method(asked));
}
