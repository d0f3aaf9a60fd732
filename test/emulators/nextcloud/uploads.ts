/** Chunked upload v2: the requests below `/remote.php/dav/uploads/<user>`, in both storages' ways. */
import { DavError } from './davError.ts';
import { type DavPath, destinationPath, nodeAt, type Place, placeOf, readDestination } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { checkPreconditions } from './precondition.ts';
import { readDepth, readPropertyQuery, sendMultistatus } from './propfind.ts';
import { httpDate, names, plainResource, quoteEtag, type Resource } from './resource.ts';
import type { Site } from './site.ts';
import { checkDestination } from './transfer.ts';
import { lookUp } from './tree.ts';
import { type Chunk, createUploadFolder, futureSize, type UploadFolder } from './uploadFolder.ts';
import { assembleLocal, putLocalChunk } from './uploadsLocal.ts';
import {
  assembleMultipart,
  beginMultipart,
  cancelMultipart,
  isMultipart,
  multipartParts,
  putPart,
} from './uploadsMultipart.ts';
import { escapeXml } from './xml/write.ts';

export function uploadsOf(site: Site, userId: string): Map<string, UploadFolder> {
  const known = site.uploads.get(userId) ?? new Map<string, UploadFolder>();
  site.uploads.set(userId, known);
  return known;
}

export async function uploads(exchange: Exchange, site: Site, path: DavPath): Promise<void> {
  if (path.user !== exchange.owner.userId) throw new DavError('Forbidden', 'Not your uploads');
  const folders = uploadsOf(site, path.user);
  const [name, member, ...deeper] = path.segments;
  if (deeper.length > 0) throw new DavError('NotFound', 'Upload folders have no folders');
  if (name === undefined) return listUploads(exchange, path, folders);
  if (member === undefined) return uploadFolderRequest(exchange, site, path, folders, name);
  const folder = folders.get(name);
  if (folder === undefined) throw new DavError('NotFound', `Upload folder ${name} could not be located`);
  return memberRequest(exchange, site, path, folder, member);
}

async function listUploads(exchange: Exchange, path: DavPath, folders: Map<string, UploadFolder>): Promise<void> {
  if (exchange.method !== 'PROPFIND') throw new DavError('MethodNotAllowed', 'Only upload folders can be made here');
  const query = await readPropertyQuery(exchange);
  const inside =
    readDepth(exchange) === 0 ? [] : [...folders.keys()].map((key) => plainResource([...path.root, key], true));
  return sendMultistatus(exchange, path.base, [plainResource(path.root, true), ...inside], query);
}

async function uploadFolderRequest(
  exchange: Exchange,
  site: Site,
  path: DavPath,
  folders: Map<string, UploadFolder>,
  name: string,
): Promise<void> {
  const folder = folders.get(name);
  if (exchange.method === 'MKCOL') {
    if (folder !== undefined) throw new DavError('MethodNotAllowed', 'The resource you tried to create already exists');
    const created = createUploadFolder(name, site.ids.next());
    folders.set(name, created);
    if (isMultipart(exchange, site)) beginMultipart(exchange, site, created);
    return exchange.send(201);
  }
  if (folder === undefined) throw new DavError('NotFound', `Upload folder ${name} could not be located`);
  if (exchange.method === 'PROPFIND') {
    const query = await readPropertyQuery(exchange);
    const members = readDepth(exchange) === 0 ? [] : folderMembers(site, folder, [...path.root, name]);
    return sendMultistatus(exchange, path.base, [folderResource(folder, [...path.root, name]), ...members], query);
  }
  if (exchange.method === 'DELETE') {
    await dropFolder(site, folders, folder);
    return exchange.send(204);
  }
  throw new DavError(
    'NotImplemented',
    `There was no plugin in the system that was willing to handle this ${exchange.method} method.`,
  );
}

async function memberRequest(
  exchange: Exchange,
  site: Site,
  path: DavPath,
  folder: UploadFolder,
  member: string,
): Promise<void> {
  if (exchange.method === 'PUT' && member !== '.file') {
    checkDestinationParent(exchange, site);
    return isMultipart(exchange, site)
      ? putPart(exchange, site, folder, member)
      : putLocalChunk(exchange, site, folder, member);
  }
  if (exchange.method === 'PROPFIND') {
    const query = await readPropertyQuery(exchange);
    const found = folderMembers(site, folder, path.root.concat(folder.name)).find(
      (resource) => resource.path.at(-1) === member,
    );
    if (found === undefined) throw new DavError('NotFound', `Chunk ${member} could not be located`);
    return sendMultistatus(exchange, path.base, [found], query);
  }
  if (exchange.method === 'MOVE') return assemble(exchange, site, folder, member);
  if (exchange.method === 'DELETE') {
    if (isMultipart(exchange, site)) cancelMultipart(site, folder);
    if (!folder.chunks.delete(member)) throw new DavError('NotFound', `Chunk ${member} could not be located`);
    return exchange.send(204);
  }
  throw new DavError('MethodNotAllowed', 'Reading intermediate uploads is not allowed');
}

/** With a destination the chunk is measured against the quota there, so its folder must exist. */
function checkDestinationParent(exchange: Exchange, site: Site): void {
  const header = exchange.header('destination');
  if (header === undefined) return;
  const path = destinationPath(header, site, exchange.owner);
  if (path.area !== 'files') return;
  const parent = lookUp(exchange.owner.files, path.segments.slice(0, -1));
  if (parent?.kind !== 'folder')
    throw new DavError('NotFound', `File with name //${path.segments.slice(0, -1).join('/')} could not be located`);
}

async function assemble(exchange: Exchange, site: Site, folder: UploadFolder, member: string): Promise<void> {
  if (member !== '.file') throw new DavError('Forbidden', 'Chunks cannot be moved');
  const destination = placeOf(readDestination(exchange, site), exchange.owner);
  const etagAt = (address: string): string | undefined => fileEtag(exchange, site, folder, address);
  checkPreconditions(exchange, site.prefix + exchange.path, etagAt);
  checkDestination(exchange, destination);
  if (nodeAt(destination)?.kind === 'folder') throw new DavError('BadRequest', 'The given destination is a directory.');
  if (folder.assembling) throw new DavError('FileLocked', `"${folder.name}" is locked`);
  folder.assembling = true;
  try {
    const multipart = isMultipart(exchange, site) && site.cache.has(folder.name);
    const finish = multipart ? assembleMultipart : assembleLocal;
    await site.assembly();
    await finish(exchange, site, folder, destination, () =>
      dropFolder(site, uploadsOf(site, exchange.owner.userId), folder),
    );
  } finally {
    folder.assembling = false;
  }
}

/** The virtual file has an ETag of its own, which is what plain preconditions compare with. */
function fileEtag(exchange: Exchange, site: Site, folder: UploadFolder, address: string): string | undefined {
  try {
    const path = destinationPath(address, site, exchange.owner);
    return path.area === 'uploads'
      ? folder.etag
      : nodeAt({ account: exchange.owner, segments: path.segments, path } satisfies Place)?.etag;
  } catch {
    return undefined;
  }
}

async function dropFolder(site: Site, folders: Map<string, UploadFolder>, folder: UploadFolder): Promise<void> {
  folders.delete(folder.name);
  for (const chunk of folder.chunks.values()) await site.blobs.remove(chunk.blob);
}

function folderResource(folder: UploadFolder, path: readonly string[]): Resource {
  return plainResource(path, true, {
    [names.d('getlastmodified')]: httpDate(folder.mtime),
    [names.d('getetag')]: escapeXml(quoteEtag(folder.etag)),
  });
}

function folderMembers(site: Site, folder: UploadFolder, path: readonly string[]): Resource[] {
  const member = (name: string, size: number, chunk?: Chunk): Resource =>
    plainResource([...path, name], false, {
      [names.d('getcontentlength')]: String(size),
      [names.d('getcontenttype')]: 'application/octet-stream',
      [names.d('getlastmodified')]: httpDate(chunk?.mtime ?? folder.mtime),
      [names.d('getetag')]: escapeXml(quoteEtag(chunk?.etag ?? folder.etag)),
    });
  return [
    member('.file', futureSize(folder)),
    ...(folder.target === undefined ? [] : [member('.target', folder.target.size)]),
    ...[...folder.chunks].map(([name, chunk]) => member(name, chunk.blob.size, chunk)),
    ...multipartParts(site, folder).map(([number, chunk]) => member(String(number), chunk.blob.size, chunk)),
  ];
}
