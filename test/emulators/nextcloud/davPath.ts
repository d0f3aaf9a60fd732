/** Addresses below `/remote.php`: which part of the server, whose, and where in it. */
import type { Account } from './accounts.ts';
import { DavError } from './davError.ts';
import type { Exchange } from './exchange.ts';
import { decodePath } from './names.ts';
import type { Site } from './site.ts';
import { type FolderNode, lookUp, type TreeNode } from './tree.ts';

export const davRoots = ['/remote.php/dav', '/remote.php/webdav'] as const;

export interface DavPath {
  /** What hrefs begin with. */
  readonly base: string;
  /** `files`, `uploads`, `trashbin` ..., or '' for the root itself. */
  readonly area: string;
  readonly user: string;
  /** Segments of the area's own root, as hrefs show them. */
  readonly root: readonly string[];
  readonly segments: readonly string[];
}

export function parseDavPath(path: string, site: Site, account: Account): DavPath {
  const root = davRoots.find((candidate) => path === candidate || path.startsWith(`${candidate}/`));
  if (root === undefined) throw new DavError('NotFound', 'No such service');
  const segments = decodePath(path.slice(root.length));
  const base = site.prefix + root;
  if (root === '/remote.php/webdav') return { base, area: 'files', user: account.userId, root: [], segments };
  const [area = '', user = '', ...rest] = segments;
  return { base, area, user, root: segments.slice(0, 2), segments: rest };
}

/** The `Destination` header; its host does not matter, and a path alone will do. */
export function readDestination(exchange: Exchange, site: Site): DavPath {
  const header = exchange.header('destination');
  if (header === undefined) throw new DavError('BadRequest', 'The destination header was not supplied');
  return destinationPath(header, site, exchange.owner);
}

export function destinationPath(header: string, site: Site, account: Account): DavPath {
  const path = header.replace(/^https?:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  if (!path.startsWith(site.prefix)) throw new DavError('Forbidden', `Requested uri (${header}) is out of base uri`);
  try {
    return parseDavPath(path.slice(site.prefix.length), site, account);
  } catch (error) {
    if (error instanceof DavError && error.message === 'No such service') {
      throw new DavError('Forbidden', `Requested uri (${header}) is out of base uri`);
    }
    throw error;
  }
}

/** A place in somebody's files, which need not exist. */
export interface Place {
  readonly account: Account;
  readonly segments: readonly string[];
  readonly path: DavPath;
}

export function placeOf(path: DavPath, account: Account): Place {
  if (path.area !== 'files') throw new DavError('Forbidden', `${path.area} is not a place for files`);
  if (path.user !== account.userId) throw new DavError('Forbidden', 'No permission to access this resource');
  return { account, segments: path.segments, path };
}

export const nodeAt = (place: Place): TreeNode | undefined => lookUp(place.account.files, place.segments);
export const lockKey = (place: Place): string => [place.account.userId, 'files', ...place.segments].join('/');
export const nameOf = (place: Place): string => place.segments.at(-1) ?? '';

export function parentOf(place: Place): FolderNode | undefined {
  const parent = lookUp(place.account.files, place.segments.slice(0, -1));
  return parent?.kind === 'folder' ? parent : undefined;
}

export const notFound = (segments: readonly string[]): DavError =>
  new DavError('NotFound', `File with name //${segments.join('/')} could not be located`);

/** The ETag of whatever an address names, for conditional headers. */
export function etagReader(site: Site, account: Account): (address: string) => string | undefined {
  return (address) => {
    try {
      const path = destinationPath(address, site, account);
      return path.area === 'files' && path.user === account.userId
        ? lookUp(account.files, path.segments)?.etag
        : undefined;
    } catch {
      return undefined;
    }
  };
}
