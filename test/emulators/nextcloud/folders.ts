/** MKCOL and DELETE. */

import type { Account } from './accounts.ts';
import { DavError } from './davError.ts';
import { etagReader, lockKey, nameOf, nodeAt, notFound, type Place, parentOf } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { checkName } from './names.ts';
import { checkPreconditions } from './precondition.ts';
import { ocId, type Site } from './site.ts';
import { toTrash } from './trash.ts';
import { attach, createFolderNode, detach, type FolderNode, type TreeNode } from './tree.ts';

export function makeFolder(site: Site, place: Place): FolderNode {
  const parent = parentOf(place);
  if (parent === undefined) throw new DavError('Conflict', 'Parent node does not exist');
  checkName(nameOf(place));
  const node = createFolderNode(site.ids.next(), nameOf(place));
  attach(parent, node);
  site.announce({ event: 'NodeCreated', account: place.account, id: node.id, path: place.segments });
  return node;
}

/** The one act that is exclusive on a real server too: of many at once, one makes the folder. */
export async function mkcol(exchange: Exchange, site: Site, place: Place): Promise<void> {
  if ((await exchange.text()).trim() !== '')
    throw new DavError('UnsupportedMediaType', 'The request body for the MKCOL request is not understood');
  if (nodeAt(place) !== undefined)
    throw new DavError('MethodNotAllowed', 'The resource you tried to create already exists');
  site.locks.assertFree(lockKey(place));
  const node = makeFolder(site, place);
  await exchange.send(201, { 'OC-FileId': ocId(site, node.id) });
}

export async function remove(exchange: Exchange, site: Site, place: Place): Promise<void> {
  checkPreconditions(exchange, site.prefix + exchange.path, etagReader(site, place.account));
  const node = nodeAt(place);
  if (node === undefined) throw notFound(place.segments);
  if (node.parent === undefined) throw new DavError('Forbidden', 'Permission denied to delete node');
  site.locks.assertFree(lockKey(place));
  site.locks.assertNoneInside(lockKey(place));
  discard(site, place.account, node, place.segments);
  await exchange.send(204);
}

/** Takes a node away into the trash bin. */
export function discard(site: Site, account: Account, node: TreeNode, path: readonly string[]): void {
  detach(node);
  toTrash(account, node, path);
  site.announce({ event: 'NodeDeleted', account, id: node.id, path });
}
