/** PROPFIND and the multistatus it answers with. */
import { DavError } from './davError.ts';
import type { Exchange } from './exchange.ts';
import { encodeSegment } from './names.ts';
import { allProperties, type Resource } from './resource.ts';
import { childNamed, dav, parseXml, type XmlElement, XmlError } from './xml/read.ts';
import { clark, propertyXml, rootNamespaces, xmlHeader } from './xml/write.ts';

export interface PropertyQuery {
  /** The names asked for; undefined means everything there is. */
  readonly wanted: readonly string[] | undefined;
  readonly namesOnly: boolean;
}

export function parseDocument(text: string): XmlElement {
  try {
    return parseXml(text);
  } catch (error) {
    if (error instanceof XmlError)
      throw new DavError('BadRequest', `This resource only supports XML: ${error.message}`);
    throw error;
  }
}

export function wantedIn(prop: XmlElement): string[] {
  return prop.children.map((child) => clark(child.namespace, child.name));
}

export async function readPropertyQuery(exchange: Exchange): Promise<PropertyQuery> {
  const text = await exchange.text();
  if (text.trim() === '') return { wanted: undefined, namesOnly: false };
  const root = parseDocument(text);
  if (root.name !== 'propfind' || root.namespace !== dav)
    throw new DavError('BadRequest', 'A propfind element was expected');
  const prop = childNamed(root, 'prop');
  if (prop !== undefined) return { wanted: wantedIn(prop), namesOnly: false };
  return { wanted: undefined, namesOnly: childNamed(root, 'propname') !== undefined };
}

export type Depth = 0 | 1 | 'infinity';

export function readDepth(exchange: Exchange): Depth {
  const depth = exchange.header('depth')?.toLowerCase();
  return depth === '0' ? 0 : depth === '1' ? 1 : 'infinity';
}

export function hrefOf(base: string, resource: Resource): string {
  const path = [...resource.path].map(encodeSegment).join('/');
  return `${base}/${path}${resource.collection && path !== '' ? '/' : ''}`;
}

const propstat = (found: readonly string[], status: string): string =>
  `<d:propstat><d:prop>${found.join('')}</d:prop><d:status>HTTP/1.1 ${status}</d:status></d:propstat>`;

export function responseXml(base: string, resource: Resource, query: PropertyQuery): string {
  const wanted = query.wanted ?? [...allProperties, ...resource.dead.keys()];
  const found: string[] = [];
  const missing: string[] = [];
  for (const property of wanted) {
    const value = resource.live(property) ?? resource.dead.get(property);
    if (value === undefined) missing.push(propertyXml(property, ''));
    else found.push(propertyXml(property, query.namesOnly ? '' : value));
  }
  const propstats = [
    ...(found.length > 0 ? [propstat(found, '200 OK')] : []),
    ...(missing.length > 0 && query.wanted !== undefined ? [propstat(missing, '404 Not Found')] : []),
  ];
  const body = propstats.length > 0 ? propstats.join('') : propstat([], "418 I'm a teapot");
  return `<d:response><d:href>${hrefOf(base, resource)}</d:href>${body}</d:response>`;
}

function* multistatus(base: string, resources: Iterable<Resource>, query: PropertyQuery): Generator<string> {
  yield `${xmlHeader}<d:multistatus ${rootNamespaces}>`;
  let pending = '';
  for (const resource of resources) {
    pending += responseXml(base, resource, query);
    if (pending.length < 32_768) continue;
    yield pending;
    pending = '';
  }
  yield `${pending}</d:multistatus>\n`;
}

async function* asBody(pieces: Iterable<string>): AsyncGenerator<string> {
  yield* pieces;
}

export async function sendMultistatus(
  exchange: Exchange,
  base: string,
  resources: Iterable<Resource>,
  query: PropertyQuery,
  headers: Record<string, string> = {},
): Promise<void> {
  const type = { 'Content-Type': 'application/xml; charset=utf-8', ...headers };
  if (exchange.fault?.kind === 'wrongXml')
    return exchange.send(207, type, `${xmlHeader}<d:multistatus ${rootNamespaces}><d:response><d:href>/a</d:hr`);
  return exchange.send(207, type, asBody(multistatus(base, resources, query)));
}
