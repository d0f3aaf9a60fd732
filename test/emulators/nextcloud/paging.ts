/** Long listings in pages, for clients that ask for them. */
import { randomBytes } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import { davFeatures } from './features.ts';
import { type PropertyQuery, sendMultistatus } from './propfind.ts';
import type { Resource } from './resource.ts';
import type { Site } from './site.ts';

const remembered = new WeakMap<Site, Map<string, readonly Resource[]>>();

export async function pagedListing(
  exchange: Exchange,
  site: Site,
  base: string,
  list: () => Iterable<Resource>,
  query: PropertyQuery,
): Promise<void> {
  const features = davFeatures(site);
  if (exchange.header('x-nc-paginate') !== 'true') return sendMultistatus(exchange, base, list(), query, features);
  const pages = remembered.get(site) ?? new Map<string, readonly Resource[]>();
  remembered.set(site, pages);
  const known = exchange.header('x-nc-paginate-token') ?? '';
  const resources = pages.get(known) ?? [...list()];
  const token = pages.has(known) ? known : randomBytes(16).toString('hex');
  pages.set(token, resources);
  const offset = Number(exchange.header('x-nc-paginate-offset') ?? 0);
  const count = Number(exchange.header('x-nc-paginate-count') ?? 100);
  return sendMultistatus(exchange, base, resources.slice(offset, offset + count), query, {
    ...features,
    'X-NC-Paginate': 'true',
    'X-NC-Paginate-Token': token,
    'X-NC-Paginate-Total': String(resources.length),
  });
}
