/** GET and HEAD of files. */
import { DavError } from './davError.ts';
import { etagReader, lockKey, nodeAt, notFound, type Place } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { mediaType } from './mediaType.ts';
import { checkPreconditions } from './precondition.ts';
import { httpDate, quoteEtag } from './resource.ts';
import type { Site } from './site.ts';
import type { FileNode } from './tree.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The one range asked for; several at once, or nonsense, count as none. */
function readRange(exchange: Exchange, node: FileNode): Range | undefined {
  const ifRange = exchange.header('if-range');
  if (ifRange !== undefined && ifRange !== quoteEtag(node.etag) && ifRange !== httpDate(node.mtime)) return undefined;
  const match = /^bytes=(\d*)-(\d*)$/.exec(exchange.header('range') ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, node.size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? node.size - 1 : Math.min(Number(match[2]), node.size - 1);
  if (start >= node.size)
    throw new DavError(
      'RequestedRangeNotSatisfiable',
      `The start offset (${start}) exceeded the size of the entity (${node.size})`,
    );
  if (end < start)
    throw new DavError(
      'RequestedRangeNotSatisfiable',
      `The end offset (${end}) is lower than the start offset (${start})`,
    );
  return { start, end };
}

export async function get(exchange: Exchange, site: Site, place: Place): Promise<void> {
  const node = nodeAt(place);
  if (node === undefined) throw notFound(place.segments);
  site.locks.assertReadable(lockKey(place));
  if (node.kind === 'folder')
    throw new DavError(
      'NotImplemented',
      'There was no plugin in the system that was willing to handle this GET method.',
    );
  if (checkPreconditions(exchange, site.prefix + exchange.path, etagReader(site, place.account)) === 'notModified')
    return exchange.send(304);
  const range = readRange(exchange, node);
  const etag = quoteEtag(exchange.staleEtags ? node.staleEtag : node.etag);
  const headers: Record<string, string> = {
    'Content-Type': mediaType(node.name),
    'Content-Length': String(range === undefined ? node.size : range.end - range.start + 1),
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(node.name)}; filename="${encodeURIComponent(node.name)}"`,
    'Last-Modified': httpDate(node.mtime),
    ETag: etag,
    'OC-ETag': etag,
    ...(node.checksum === undefined ? {} : { 'OC-Checksum': node.checksum }),
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${node.size}` }),
  };
  const body = site.blobs.read(node.blob, range?.start, Math.min(range?.end ?? Infinity, node.blob.size - 1));
  await exchange.send(range === undefined ? 200 : 206, headers, body);
  // Where the file cache claims more than there is, the answer ends early.
  if (exchange.method === 'GET' && node.size > node.blob.size) exchange.drop();
}
