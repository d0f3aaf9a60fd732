/** Everything below `/remote.php/dav`. */
import { bulk } from './bulk.ts';
import { DavError } from './davError.ts';
import { type DavPath, lockKey, nodeAt, notFound, type Place, parseDavPath, placeOf } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { davFeatures } from './features.ts';
import { mkcol, remove } from './folders.ts';
import { get } from './get.ts';
import { pagedListing } from './paging.ts';
import { type Depth, readDepth, readPropertyQuery, sendMultistatus } from './propfind.ts';
import { proppatch } from './proppatch.ts';
import { put } from './put.ts';
import { recalculateHash } from './recalculateHash.ts';
import { nodeResource, plainResource, type Resource } from './resource.ts';
import { search } from './search.ts';
import type { Site } from './site.ts';
import { transfer } from './transfer.ts';
import { trashbin } from './trash.ts';
import type { TreeNode } from './tree.ts';
import { uploads } from './uploads.ts';

type PlaceHandler = (exchange: Exchange, site: Site, place: Place) => Promise<void>;

const fileMethods: Readonly<Record<string, PlaceHandler>> = {
  GET: get,
  HEAD: get,
  PUT: put,
  MKCOL: mkcol,
  DELETE: remove,
  MOVE: transfer,
  COPY: transfer,
  PROPFIND: propfind,
  PROPPATCH: proppatch,
  PATCH: recalculateHash,
};

const unknownMethod = (method: string): DavError =>
  new DavError('NotImplemented', `There was no plugin in the system that was willing to handle this ${method} method.`);

export async function dav(exchange: Exchange, site: Site): Promise<void> {
  const path = parseDavPath(exchange.path, site, exchange.owner);
  if (exchange.method === 'OPTIONS')
    return exchange.send(200, {
      ...davFeatures(site),
      Allow: 'OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, MKCOL, PATCH, SEARCH',
    });
  if (path.area === 'uploads') return uploads(exchange, site, path);
  if (path.area === 'trashbin') return trashbin(exchange, site, path);
  if (path.area === 'bulk' && exchange.method === 'POST') return bulk(exchange, site);
  if (path.area === '' && exchange.method === 'SEARCH') return search(exchange, site, path);
  if (path.area === 'files' && path.user !== '') return files(exchange, site, path);
  if (path.area !== '' && path.area !== 'files') throw notFound([path.area]);
  if (exchange.method !== 'PROPFIND') throw unknownMethod(exchange.method);
  const query = await readPropertyQuery(exchange);
  const inside = path.area === '' ? ['files', 'uploads', 'trashbin'].map((area) => [area]) : [];
  return sendMultistatus(
    exchange,
    path.base,
    [path.root, ...(readDepth(exchange) === 0 ? [] : inside)].map((segments) => plainResource(segments, true)),
    query,
  );
}

async function files(exchange: Exchange, site: Site, path: DavPath): Promise<void> {
  const { owner } = exchange;
  if (
    path.user !== owner.userId &&
    exchange.method === 'PROPFIND' &&
    path.segments.length === 0 &&
    site.accounts.byId(path.user) !== undefined
  ) {
    // Another person's root answers, and says nothing: no proof of access.
    const query = await readPropertyQuery(exchange);
    const nothing = { path: path.root, collection: true, live: () => undefined, dead: new Map<string, string>() };
    return sendMultistatus(exchange, path.base, [nothing], query);
  }
  const handler = fileMethods[exchange.method];
  if (handler === undefined) throw unknownMethod(exchange.method);
  return handler(exchange, site, placeOf(path, owner));
}

async function propfind(exchange: Exchange, site: Site, place: Place): Promise<void> {
  const query = await readPropertyQuery(exchange);
  const node = nodeAt(place);
  if (node === undefined) throw notFound(place.segments);
  site.locks.assertReadable(lockKey(place));
  const view = { site, account: place.account, staleEtags: exchange.staleEtags };
  const start = [...place.path.root, ...place.segments];
  function* listed(from: TreeNode, path: readonly string[], depth: Depth): Generator<Resource> {
    yield nodeResource(from, path, view);
    if (depth === 0 || from.kind === 'file') return;
    for (const child of from.children.values()) yield* listed(child, [...path, child.name], depth === 1 ? 0 : depth);
  }
  return pagedListing(exchange, site, place.path.base, () => listed(node, start, readDepth(exchange)), query);
}
