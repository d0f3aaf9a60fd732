import { DossierError } from '../core/errors.ts';
import { type DrivePath, isWithin, joinPath, parsePath, rootPath } from '../core/paths.ts';
import { say } from '../core/sentence.ts';
import type { EntryRef } from '../drive/entry.ts';
import type { Connection } from './connection.ts';

/**
 * What an address copied from the browser names in the account of this connection: a page of Dropbox or Nextcloud, or a
 * WebDAV address. Never a guess: an address of another server or of another kind is `invalid-input`.
 */
export function entryOfLink(pasted: string, connection: Connection): EntryRef {
  const url = urlOf(pasted.trim());
  const found =
    url && (url.protocol === 'https:' || url.protocol === 'http:')
      ? finders[connection.kind]?.(url, connection)
      : undefined;
  if (found) return found;
  throw new DossierError(
    'invalid-input',
    say`The address ${pasted.trim().slice(0, 200)} is not one of a file or folder in this connection: copy it from the browser while the folder is open, or enter the path`,
    { advice: null },
  );
}

type Finder = (url: URL, connection: Connection) => EntryRef | undefined;

const finders: Readonly<Partial<Record<Connection['kind'], Finder>>> = {
  dropbox(url, connection) {
    if (!/^(?:www\.)?dropbox\.com$/.test(url.hostname)) return undefined;
    const [, page] = /^\/(?:home|work)(\/.*)?$/.exec(url.pathname) ?? [undefined, undefined];
    if (page === undefined && !/^\/home\/?$/.test(url.pathname)) return undefined;
    const webRoot = parsePath((connection.kind === 'dropbox' && connection.webRoot) || rootPath);
    const folder = decoded(page ?? '/');
    if (folder === undefined || !isWithin(folder, webRoot)) return undefined;
    const path = parsePath(folder.slice(webRoot === rootPath ? 0 : webRoot.length) || '/');
    const preview = url.searchParams.get('preview');
    return { path: preview ? joinPath(path, preview) : path };
  },
  nextcloud(url, connection) {
    const base = connection.kind === 'nextcloud' ? urlOf(connection.url) : undefined;
    if (!base || base.origin !== url.origin || !url.pathname.startsWith(withoutSlash(base.pathname))) return undefined;
    const page = url.pathname.slice(withoutSlash(base.pathname).length).replace(/^\/index\.php/, '');
    const id = /^\/(?:f|apps\/files\/files)\/(\d+)$/.exec(page)?.[1] ?? url.searchParams.get('fileid');
    if (id && /^\d+$/.test(id)) return { path: rootPath, id };
    const dir = /^\/apps\/files\b/.test(page) ? url.searchParams.get('dir') : null;
    if (dir) return { path: parsePath(dir) };
    const dav = /^\/remote\.php\/(?:webdav|dav\/files\/[^/]+)(\/.*)$/.exec(page)?.[1];
    const path = dav === undefined ? undefined : decoded(dav);
    return path && { path };
  },
  webdav(url, connection) {
    const base = connection.kind === 'webdav' ? urlOf(connection.url) : undefined;
    if (!base || base.origin !== url.origin) return undefined;
    const root = withoutSlash(base.pathname);
    if (url.pathname !== root && !url.pathname.startsWith(`${root}/`)) return undefined;
    const path = decoded(url.pathname.slice(root.length) || '/');
    return path && { path };
  },
};

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

const withoutSlash = (path: string): string => path.replace(/\/+$/, '');

function decoded(encoded: string): DrivePath | undefined {
  try {
    return parsePath(decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
}
