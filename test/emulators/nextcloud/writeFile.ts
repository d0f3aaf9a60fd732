/** Putting bytes in place: what PUT, the assembly of chunks, and bulk uploads have in common. */
import type { Blob, Received } from './blobs.ts';
import { DavError } from './davError.ts';
import { lockKey, nameOf, nodeAt, notFound, type Place, parentOf } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import type { PathLock } from './locks.ts';
import { freeSpace, quoteEtag } from './resource.ts';
import { ocId, type Site } from './site.ts';
import { attach, createFileNode, type FileNode, now, touch } from './tree.ts';

export interface Written {
  readonly node: FileNode;
  readonly created: boolean;
}

/** Replaces or creates the file and tells who listens. The caller holds the lock. */
export function storeFile(
  site: Site,
  place: Place,
  blob: Blob,
  options: { checksum?: string | undefined; mtime?: number | undefined; id?: number | undefined } = {},
): Written {
  const parent = parentOf(place);
  if (parent === undefined) throw notFound(place.segments.slice(0, -1));
  const existing = nodeAt(place);
  if (existing?.kind === 'folder') throw new DavError('Conflict', 'The target is a folder');
  const mtime = options.mtime ?? now();
  const node = existing ?? createFileNode(options.id ?? site.ids.next(), nameOf(place), blob, mtime);
  if (existing !== undefined) {
    void site.blobs.remove(existing.blob);
    existing.blob = blob;
    existing.size = blob.size;
    existing.mtime = mtime;
    touch(existing);
  } else {
    attach(parent, node);
  }
  if (site.switches.etags === 'eachSecond') node.etag = `${node.id}e${now() + site.secondsPassed}`;
  node.checksum = options.checksum;
  const change = { account: place.account, id: node.id, path: place.segments };
  site.announce({ ...change, event: 'NodeWritten' });
  if (existing === undefined) site.announce({ ...change, event: 'NodeCreated' });
  return { node, created: existing === undefined };
}

interface WriteLock {
  /** Locks for reading, as long as bytes come in. */
  begin(): void;
  /** Locks for writing. */
  commit(): void;
}

export async function withLock<T>(site: Site, place: Place, work: (lock: WriteLock) => Promise<T>): Promise<T> {
  let held: PathLock | undefined;
  const begin = (): PathLock => (held ??= site.locks.shared(lockKey(place)));
  try {
    return await work({ begin, commit: () => begin().makeExclusive() });
  } finally {
    held?.release();
  }
}

export function checkQuota(place: Place, bytes: number): void {
  const existing = nodeAt(place);
  const free = freeSpace(place.account);
  const reusable = existing?.kind === 'file' ? existing.size : 0;
  if (free !== undefined && bytes > free + reusable) {
    throw new DavError(
      'InsufficientStorage',
      `Insufficient space in ${place.segments.slice(0, -1).join('/')}, ${bytes} required, ${free} available`,
    );
  }
}

const hashHeaders: Readonly<Record<string, string>> = {
  md5: 'X-Hash-MD5',
  sha1: 'X-Hash-SHA1',
  sha256: 'X-Hash-SHA256',
  sha512: 'X-Hash-SHA512',
};

/** The hashes that the client wants the server to compute. */
export function requestedHashes(exchange: Exchange, site: Site): string[] {
  if (!site.switches.serverHashes) return [];
  const wanted = (exchange.header('x-hash') ?? '').toLowerCase();
  return wanted === 'all' ? Object.keys(hashHeaders) : wanted in hashHeaders ? [wanted] : [];
}

function hashReplies(digests: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...digests].map(([name, digest]) => [hashHeaders[name] ?? name, digest]));
}

/** What is answered to `X-Hash`: a hash of what was received, or of what the object store's client has read of it. */
export async function answeredHashes(
  site: Site,
  request: 'put' | 'move',
  { blob, digests }: Received,
): Promise<Record<string, string>> {
  const { tripleHash } = site.switches;
  if (tripleHash === 'never' || (request === 'move' && tripleHash === 'put')) return hashReplies(digests);
  const tripled = [...digests.keys()].map(async (name) => [name, await site.blobs.digest(blob, name, 3)] as const);
  return hashReplies(new Map(await Promise.all(tripled)));
}

export function identityHeaders(site: Site, node: FileNode, exchange: Exchange): Record<string, string> {
  const etag = quoteEtag(exchange.staleEtags ? node.staleEtag : node.etag);
  return { 'OC-FileId': ocId(site, node.id), 'OC-ETag': etag, ETag: etag };
}

/** Times sent by the client. The server stumbles over bad ones only when the file is already in its place. */
export function applyTimes(exchange: Exchange, node: FileNode): Record<string, string> {
  const accepted: Record<string, string> = {};
  const mtime = exchange.header('x-oc-mtime');
  if (mtime !== undefined) {
    node.mtime = readTime(mtime);
    accepted['X-OC-MTime'] = 'accepted';
  }
  const ctime = exchange.header('x-oc-ctime');
  if (ctime !== undefined) {
    node.creationTime = readTime(ctime);
    accepted['X-OC-CTime'] = 'accepted';
  }
  return accepted;
}

const oneDay = 24 * 60 * 60;

function readTime(text: string): number {
  if (!/^[+-]?\d+(\.\d+)?(e\d+)?$/i.test(text.trim())) {
    throw new DavError(
      'InvalidArgumentException',
      'X-OC-MTime header must be a valid integer (unix timestamp), got ' + text,
    );
  }
  const seconds = Math.trunc(Number(text));
  if (seconds <= oneDay)
    throw new DavError(
      'Exception',
      `X-OC-MTime header must be a valid positive unix timestamp greater than one day, got "${text}".`,
    );
  return seconds;
}
