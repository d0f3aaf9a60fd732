/** PROPPATCH: times the server keeps itself, and dead properties it keeps for the client. */
import { DavError } from './davError.ts';
import { nodeAt, notFound, type Place } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { hrefOf, parseDocument, wantedIn } from './propfind.ts';
import { names, nodeResource } from './resource.ts';
import type { Site } from './site.ts';
import { type TreeNode, touch } from './tree.ts';
import { childNamed, dav, type XmlElement } from './xml/read.ts';
import { clark, innerXml, propertyXml, rootNamespaces, xmlHeader } from './xml/write.ts';

type Change = (node: TreeNode, text: string) => boolean;

const kept: Readonly<Record<string, Change>> = {
  [names.d('getlastmodified')]: (node, text) =>
    setMtime(node, Math.trunc(/^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000)),
  [names.d('lastmodified')]: (node, text) => setMtime(node, Number(text)),
  [names.nc('creation_time')]: (node, text) => {
    node.creationTime = Number(text);
    return Number.isFinite(node.creationTime);
  },
};

const times = new Set(['getlastmodified', 'lastmodified'].map(names.d));

function setMtime(node: TreeNode, seconds: number): boolean {
  if (!Number.isFinite(seconds)) return false;
  node.mtime = seconds;
  touch(node);
  return true;
}

const forbidden = new Set([
  ...['getetag', 'getcontentlength', 'resourcetype', 'quota-used-bytes', 'quota-available-bytes'].map(names.d),
  ...['id', 'fileid', 'size', 'permissions', 'checksums', 'owner-id'].map(names.oc),
]);

export async function proppatch(exchange: Exchange, site: Site, place: Place): Promise<void> {
  const node = nodeAt(place);
  const root = parseDocument(await exchange.text());
  if (node === undefined) throw notFound(place.segments);
  if (root.name !== 'propertyupdate' || root.namespace !== dav)
    throw new DavError('BadRequest', 'A propertyupdate element was expected');
  const results = root.children.filter((action) => action.namespace === dav).flatMap((action) => apply(node, action));
  const resource = nodeResource(node, [...place.path.root, ...place.segments], {
    site,
    account: place.account,
    staleEtags: false,
  });
  const propstats = [...new Set(results.map(({ status }) => status))].map((status) => {
    const properties = results
      .filter((result) => result.status === status)
      .map(({ property }) => propertyXml(property, ''));
    return `<d:propstat><d:prop>${properties.join('')}</d:prop><d:status>HTTP/1.1 ${status}</d:status></d:propstat>`;
  });
  const body = `${xmlHeader}<d:multistatus ${rootNamespaces}><d:response><d:href>${hrefOf(place.path.base, resource)}</d:href>${propstats.join('')}</d:response></d:multistatus>\n`;
  if (results.some(({ property }) => times.has(property)))
    site.announce({ event: 'NodeTouched', account: place.account, id: node.id, path: place.segments });
  await exchange.send(207, { 'Content-Type': 'application/xml; charset=utf-8' }, body);
}

function apply(node: TreeNode, action: XmlElement): { property: string; status: string }[] {
  const prop = childNamed(action, 'prop');
  if (prop === undefined) return [];
  return wantedIn(prop).map((property, index) => {
    const element = prop.children[index] as XmlElement;
    if (forbidden.has(property)) return { property, status: '403 Forbidden' };
    if (action.name === 'remove') {
      node.properties.delete(property);
      return { property, status: '200 OK' };
    }
    const own = kept[clark(element.namespace, element.name)];
    if (own !== undefined) return { property, status: own(node, element.text.trim()) ? '200 OK' : '403 Forbidden' };
    node.properties.set(property, innerXml(element));
    return { property, status: '200 OK' };
  });
}
