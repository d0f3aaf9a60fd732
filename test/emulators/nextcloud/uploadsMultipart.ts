/**
 * Chunks as parts of a multipart upload at an object store. Measured on Nextcloud 32 with S3 and Redis,
 * with all that goes wrong there: totals are not checked, an existing target is written into directly,
 * and an overwrite leaves ETag and checksum as they were.
 */
import { DavError } from './davError.ts';
import { destinationPath, nodeAt, type Place } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { bodyToKeep } from './put.ts';
import { freeSpace } from './resource.ts';
import type { Site } from './site.ts';
import { type FileNode, lookUp, moveNode } from './tree.ts';
import { type Chunk, createChunk, type Multipart, type UploadFolder } from './uploadFolder.ts';
import { checkAnnouncedTotal } from './uploadsLocal.ts';
import { applyTimes, identityHeaders, storeFile } from './writeFile.ts';

const maximumNumber = 10_000;

/** Without a `Destination` the server quietly does what it does on local storage. */
export function isMultipart(exchange: Exchange, site: Site): boolean {
  return site.mode === 's3v2' && (exchange.header('destination') ?? '') !== '';
}

export function multipartParts(site: Site, folder: UploadFolder): [number, Chunk][] {
  return [...(site.cache.get(folder.name)?.parts ?? [])].sort(([a], [b]) => a - b);
}

export function beginMultipart(exchange: Exchange, site: Site, folder: UploadFolder): void {
  const destination = exchange.header('destination') as string;
  if (directTarget(exchange, site, destination) === undefined) folder.target = { id: site.ids.next(), size: 0 };
  site.cache.set(folder.name, { destination, parts: new Map(), aborted: false });
}

/** The file that is there already gets the parts written into it. */
function directTarget(exchange: Exchange, site: Site, destination: string): FileNode | undefined {
  const path = destinationPath(destination, site, exchange.owner);
  const node = path.area === 'files' ? lookUp(exchange.owner.files, path.segments) : undefined;
  return node?.kind === 'file' ? node : undefined;
}

export async function putPart(exchange: Exchange, site: Site, folder: UploadFolder, name: string): Promise<void> {
  const multipart = site.cache.get(folder.name);
  if (multipart === undefined) {
    throw new DavError(
      'PreconditionFailed',
      'Missing metadata for chunked upload. The distributed cache does not hold the information of previous requests.',
    );
  }
  checkAnnouncedTotal(exchange);
  const number = /^\d+(\.\d*)?$/.test(name) ? Math.trunc(Number(name)) : -1;
  if (number < 1 || number > maximumNumber)
    throw new DavError('BadRequest', 'Invalid chunk name, must be numeric between 1 and 10000');
  const size = Number(exchange.header('content-length') ?? 0);
  const target = directTarget(exchange, site, multipart.destination);
  if (target === undefined && folder.target === undefined)
    throw new DavError('NotFound', '.target could not be located');
  const free = freeSpace(exchange.owner);
  if (free !== undefined && folder.target !== undefined && folder.target.size + size > free) {
    throw new DavError('InsufficientStorage', `Insufficient space in ${multipart.destination}`);
  }
  if (multipart.aborted) throw new DavError('Exception', 'Could not write chunked file');
  const { blob } = await site.blobs.receive(bodyToKeep(exchange, site));
  const before = multipart.parts.get(number);
  multipart.parts.set(number, createChunk(blob));
  if (before !== undefined) await site.blobs.remove(before.blob);
  // The file cache adds up what was sent, also what replaces an earlier part.
  if (target !== undefined) target.size += size;
  else if (folder.target !== undefined) folder.target.size += size;
  await exchange.send(200);
}

export function cancelMultipart(site: Site, folder: UploadFolder): void {
  const multipart = site.cache.get(folder.name);
  if (multipart === undefined) return;
  multipart.aborted = true;
  for (const part of multipart.parts.values()) void site.blobs.remove(part.blob);
  multipart.parts.clear();
}

export async function assembleMultipart(
  exchange: Exchange,
  site: Site,
  folder: UploadFolder,
  place: Place,
  drop: () => Promise<void>,
): Promise<void> {
  const multipart = site.cache.get(folder.name) as Multipart;
  const target = directTarget(exchange, site, multipart.destination);
  const parts = multipartParts(site, folder).map(([, chunk]) => chunk.blob);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const free = freeSpace(exchange.owner);
  if (free !== undefined && size > free)
    throw new DavError('InsufficientStorage', `Insufficient space in ${multipart.destination}`);
  if (multipart.aborted || parts.slice(0, -1).some((part) => part.size < site.switches.minimumPart)) {
    cancelMultipart(site, folder);
    throw new DavError('Exception', 'Could not write chunked file');
  }
  const existed = nodeAt(place) !== undefined;
  const { blob } = await site.blobs.concat(parts);
  const node =
    target === undefined
      ? storeFile(site, place, blob, { id: folder.target?.id }).node
      : await overwrite(site, target, blob, place);
  for (const part of parts) await site.blobs.remove(part);
  multipart.parts.clear();
  await drop();
  const times = applyTimes(exchange, node);
  await exchange.send(existed ? 204 : 201, { ...identityHeaders(site, node, exchange), ...times });
}

/** The bytes change; ETag, checksum and the folders above do not notice. */
async function overwrite(site: Site, target: FileNode, blob: FileNode['blob'], place: Place): Promise<FileNode> {
  await site.blobs.remove(target.blob);
  target.blob = blob;
  target.size = blob.size;
  const parent = lookUp(place.account.files, place.segments.slice(0, -1));
  const name = place.segments.at(-1) as string;
  if (nodeAt(place) === undefined && parent?.kind === 'folder') moveNode(target, parent, name);
  site.announce({ event: 'NodeWritten', account: place.account, id: target.id, path: place.segments });
  return target;
}
