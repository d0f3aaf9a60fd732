/** MOVE and COPY between places in somebody's files. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DavError } from './davError.ts';
import {
  etagReader,
  lockKey,
  nameOf,
  nodeAt,
  notFound,
  type Place,
  parentOf,
  placeOf,
  readDestination,
} from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { discard } from './folders.ts';
import { checkName } from './names.ts';
import { checkPreconditions } from './precondition.ts';
import type { Site } from './site.ts';
import {
  attach,
  createFileNode,
  createFolderNode,
  type FolderNode,
  isInside,
  moveNode,
  sizeOf,
  type TreeNode,
} from './tree.ts';
import { checkQuota } from './writeFile.ts';

/** How long others have between the look at a precondition and the deed. */
const raceWindowMs = 1;

/** Refuses what any MOVE or COPY refuses about its destination; true when something is there to replace. */
export function checkDestination(exchange: Exchange, place: Place): boolean {
  if (place.segments.length === 0) throw new DavError('Forbidden', 'The root cannot be replaced');
  if (parentOf(place) === undefined) throw new DavError('Conflict', 'The destination node is not found');
  const overwrite = (exchange.header('overwrite') ?? 'T').toUpperCase();
  if (overwrite !== 'T' && overwrite !== 'F')
    throw new DavError('BadRequest', 'The HTTP Overwrite header should be either T or F');
  const exists = nodeAt(place) !== undefined;
  if (exists && overwrite === 'F')
    throw new DavError(
      'PreconditionFailed',
      'The destination node already exists, and the overwrite header is set to false',
    );
  return exists;
}

export async function transfer(exchange: Exchange, site: Site, source: Place): Promise<void> {
  const check = (): { node: TreeNode; destination: Place } => {
    checkPreconditions(exchange, site.prefix + exchange.path, etagReader(site, source.account));
    const node = nodeAt(source);
    if (node === undefined) throw notFound(source.segments);
    const destination = placeOf(readDestination(exchange, site), exchange.owner);
    checkName(nameOf(destination));
    checkDestination(exchange, destination);
    const replaced = nodeAt(destination);
    if (replaced === node) throw new DavError('Forbidden', 'Source and destination uri are identical.');
    if (node.parent === undefined) throw new DavError('Forbidden', 'The root cannot be moved');
    if (isInside(parentOf(destination) as FolderNode, node))
      throw new DavError('Conflict', 'The destination may not be part of the same subtree as the source path.');
    return { node, destination };
  };
  check();
  if (site.switches.racyPreconditions) await sleep(raceWindowMs);

  // From here on nothing waits, so that nobody can come between.
  const destination = placeOf(readDestination(exchange, site), exchange.owner);
  const node = nodeAt(source);
  const parent = parentOf(destination);
  if (node === undefined || parent === undefined) throw notFound(source.segments);
  site.locks.assertFree(lockKey(destination));
  if (exchange.method === 'MOVE') {
    site.locks.assertFree(lockKey(source));
    site.locks.assertNoneInside(lockKey(source));
  } else {
    checkQuota(destination, sizeOf(node));
  }
  const replaced = nodeAt(destination);
  if (replaced !== undefined && replaced !== node) discard(site, destination.account, replaced, destination.segments);
  const change = { account: destination.account, path: destination.segments, source: source.segments };
  if (exchange.method === 'MOVE') {
    moveNode(node, parent, nameOf(destination));
    site.announce({ ...change, event: 'NodeRenamed', id: node.id });
  } else {
    const copy = await copyNode(site, node, nameOf(destination));
    attach(parent, copy);
    site.announce({ ...change, event: 'NodeCopied', id: copy.id });
  }
  await exchange.send(replaced === undefined ? 201 : 204);
}

/** A copy has its own identity, and none of the checksums. */
async function copyNode(site: Site, node: TreeNode, name: string): Promise<TreeNode> {
  if (node.kind === 'file') {
    const copy = createFileNode(site.ids.next(), name, await site.blobs.copy(node.blob), node.mtime);
    copyProperties(node, copy);
    return copy;
  }
  const folder = createFolderNode(site.ids.next(), name);
  copyProperties(node, folder);
  for (const child of [...node.children.values()]) attach(folder, await copyNode(site, child, child.name));
  return folder;
}

function copyProperties(from: TreeNode, to: TreeNode): void {
  for (const [property, value] of from.properties) to.properties.set(property, value);
}
