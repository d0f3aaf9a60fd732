/** MKCOL and DELETE. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './accounts.ts';
import { DavError } from './davError.ts';
import { etagReader, lockKey, nameOf, nodeAt, notFound, type Place, parentOf } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { checkName } from './names.ts';
import { checkPreconditions } from './precondition.ts';
import { ocId, type Site } from './site.ts';
import { toTrash } from './trash.ts';
import { attach, createFolderNode, detach, type FolderNode, type TreeNode } from './tree.ts';

/** How long requests for one folder may meet. */
const raceWindowMs = 2;

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
  await raced(site, place);
  if (nodeAt(place) !== undefined)
    throw new DavError('MethodNotAllowed', 'The resource you tried to create already exists');
  site.locks.assertFree(lockKey(place));
  const node = makeFolder(site, place);
  await exchange.send(201, { 'OC-FileId': ocId(site, node.id) });
}

/** Of several that make one folder at once under Redis locking, one is let through, or nobody, and all are refused. */
async function raced(site: Site, place: Place): Promise<void> {
  const { makingFolders } = site.switches;
  if (makingFolders === 'oneWins') return;
  const key = lockKey(place);
  const others = site.making.get(key) ?? 0;
  site.making.set(key, others + 1);
  try {
    await sleep(raceWindowMs);
  } finally {
    const left = (site.making.get(key) ?? 1) - 1;
    if (left > 0) site.making.set(key, left);
    else site.making.delete(key);
  }
  const isAlone = others === 0 && (makingFolders === 'othersRefused' || !site.making.has(key));
  if (isAlone || (makingFolders === 'nobodyWins' && nodeAt(place) !== undefined)) return;
  throw others % 2 === 0 ? new DavError('FileLocked', `"${key}" is locked`) : new DavError('Forbidden', '');
}

export async function remove(exchange: Exchange, site: Site, place: Place): Promise<void> {
  checkPreconditions(exchange, site.prefix + exchange.path, etagReader(site, place.account));
  const node = nodeAt(place);
  if (node === undefined) throw notFound(place.segments);
  if (node.parent === undefined) throw new DavError('Forbidden', 'Permission denied to delete node');
  site.locks.assertFree(lockKey(place));
  site.locks.assertNoneInside(lockKey(place));
  const skipTrash = exchange.header('x-nc-skip-trashbin') === 'true';
  discard(site, place.account, node, place.segments, { skipTrash });
  await exchange.send(204);
}

/** Takes a node away into the trash bin, unless the client wants it gone. */
export function discard(
  site: Site,
  account: Account,
  node: TreeNode,
  path: readonly string[],
  { skipTrash = false } = {},
): void {
  detach(node);
  if (!skipTrash) toTrash(account, node, path);
  site.announce({ event: 'NodeDeleted', account, id: node.id, path });
}
