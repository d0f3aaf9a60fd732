/** What PROPFIND can see: anything with an address and properties. */

import type { Account } from './accounts.ts';
import { mediaType } from './mediaType.ts';
import { ocId, type Site } from './site.ts';
import { sizeOf, type TreeNode } from './tree.ts';
import { clark, escapeXml } from './xml/write.ts';

export interface Resource {
  /** Segments below the DAV root, decoded. */
  readonly path: readonly string[];
  readonly collection: boolean;
  /** XML content of a live property, or undefined when the resource has none of that name. */
  live(property: string): string | undefined;
  readonly dead: ReadonlyMap<string, string>;
}

const d = (name: string): string => clark('DAV:', name);
const oc = (name: string): string => clark('http://owncloud.org/ns', name);
const nc = (name: string): string => clark('http://nextcloud.org/ns', name);

export const httpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString();
export const quoteEtag = (etag: string): string => `"${etag}"`;

export const allProperties = [
  d('getlastmodified'),
  d('getcontentlength'),
  d('resourcetype'),
  d('quota-used-bytes'),
  d('quota-available-bytes'),
  d('getetag'),
  d('getcontenttype'),
];

interface View {
  readonly site: Site;
  readonly account: Account;
  readonly staleEtags: boolean;
}

type Reader = (node: TreeNode, view: View) => string | undefined;
const fileOnly =
  (read: (node: Extract<TreeNode, { kind: 'file' }>) => string | undefined): Reader =>
  (node) =>
    node.kind === 'file' ? read(node) : undefined;
const folderOnly =
  (read: Reader): Reader =>
  (node, view) =>
    node.kind === 'folder' ? read(node, view) : undefined;

const readers: Readonly<Record<string, Reader>> = {
  [d('getlastmodified')]: (node) => httpDate(node.mtime),
  [d('getetag')]: (node, view) => escapeXml(quoteEtag(view.staleEtags ? node.staleEtag : node.etag)),
  [d('resourcetype')]: (node) => (node.kind === 'folder' ? '<d:collection/>' : ''),
  [d('getcontentlength')]: fileOnly((node) => String(node.size)),
  [d('getcontenttype')]: fileOnly((node) => mediaType(node.name)),
  [d('displayname')]: (node, view) => escapeXml(node.parent === undefined ? view.account.userId : node.name),
  [d('creationdate')]: (node) => new Date(node.creationTime * 1000).toISOString().replace('.000Z', '+00:00'),
  [d('quota-used-bytes')]: folderOnly((node) => String(sizeOf(node))),
  [d('quota-available-bytes')]: folderOnly((_node, { account }) => String(freeSpace(account) ?? -3)),
  [oc('id')]: (node, view) => ocId(view.site, node.id),
  [oc('fileid')]: (node) => String(node.id),
  [oc('size')]: (node) => String(sizeOf(node)),
  [oc('permissions')]: (node) => (node.kind === 'folder' ? 'RGDNVCK' : 'RGDNVW'),
  [oc('checksums')]: fileOnly((node) =>
    node.checksum === undefined ? undefined : `<oc:checksum>${escapeXml(node.checksum)}</oc:checksum>`,
  ),
  [oc('owner-id')]: (_node, view) => escapeXml(view.account.userId),
  [oc('owner-display-name')]: (_node, view) => escapeXml(view.account.displayName),
  [oc('favorite')]: () => '0',
  [oc('share-types')]: () => '',
  [nc('has-preview')]: () => 'false',
  [nc('is-encrypted')]: () => '0',
  [nc('mount-type')]: () => '',
  [nc('upload_time')]: (node) => String(node.uploadTime),
  [nc('creation_time')]: (node) => String(node.creationTime),
};

/** Bytes left, or undefined when there is no limit. */
export function freeSpace(account: Account): number | undefined {
  return account.quota === undefined ? undefined : Math.max(0, account.quota - sizeOf(account.files));
}

export function nodeResource(node: TreeNode, path: readonly string[], view: View): Resource {
  return {
    path,
    collection: node.kind === 'folder',
    live: (property) => readers[property]?.(node, view),
    dead: node.properties,
  };
}

/** A resource with a handful of fixed properties. */
export function plainResource(
  path: readonly string[],
  collection: boolean,
  properties: Readonly<Record<string, string>> = {},
): Resource {
  const known: Record<string, string> = {
    [d('resourcetype')]: collection ? '<d:collection/>' : '',
    ...properties,
  };
  return { path, collection, live: (property) => known[property], dead: new Map() };
}

/** The same property names for handlers that build resources by hand. */
export const names = { d, oc, nc };
