import { DossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath, namesOf, rootPath } from '../../core/paths.ts';

/** The addresses of one drive: everything lies under one base, and nothing that a server says leads out of it. */
export interface Hrefs {
  /** The folder that is the root of the drive, with a slash at its end. */
  readonly base: string;
  readonly origin: string;
  urlOf(path: DrivePath): string;
  /** With the slash that folders have. */
  folderUrlOf(path: DrivePath): string;
  /**
   * The path that an href of the server stands for. Undefined for a name that no drive path can hold (not UTF-8, a backslash, a NUL);
   * `invalid-response` for one that leads out: another origin, another base, dots, an encoded separator.
   */
  pathOf(href: string): DrivePath | undefined;
}

export function createHrefs(url: string): Hrefs {
  if (!URL.canParse(url)) throw new DossierError('invalid-input', 'That is not an address of a server');
  const { origin, pathname, username, password, search, hash } = new URL(url);
  if (username !== '' || password !== '') throw new DossierError('invalid-input', 'Give user and password apart from the address, not in it');
  if (search !== '' || hash !== '') throw new DossierError('invalid-input', 'The address of a WebDAV folder has no "?" and no "#" in it');
  const names = segmentsOf(pathname).map((name) => name ?? leadsOut());
  const base = `${origin}${encoded(names)}/`;
  const urlOf = (path: DrivePath) => base.slice(0, -1) + encoded(namesOf(path));
  return {
    base,
    origin,
    urlOf: (path) => (path === rootPath ? base : urlOf(path)),
    folderUrlOf: (path) => `${urlOf(path)}/`,
    pathOf(href) {
      const found = segmentsOf(pathOfHref(href, origin));
      if (names.some((name, index) => found[index] !== name)) leadsOut();
      const inside = found.slice(names.length);
      return inside.includes(undefined) ? undefined : joinPath(rootPath, ...(inside as string[]));
    },
  };
}

const encoded = (names: readonly string[]) => names.map((name) => `/${encodeURIComponent(name)}`).join('');

/** The path as the server wrote it. Not through `URL`, which would quietly resolve dots, also encoded ones. */
function pathOfHref(href: string, origin: string): string {
  if (href.startsWith('/') && !href.startsWith('//')) return href;
  const authority = /^https?:\/\/[^/?#\\]+/i.exec(href)?.[0];
  if (authority === undefined || !URL.canParse(authority) || new URL(authority).origin !== origin || authority.includes('@')) return leadsOut();
  return href.slice(authority.length) || '/';
}

/** Names between the slashes, decoded once, in NFC; undefined where a name cannot be used. */
function segmentsOf(path: string): (string | undefined)[] {
  const parts = path.split('/').slice(1);
  if (parts.at(-1) === '') parts.pop();
  return parts.map((part) => {
    if (/[?#\\]/.test(part)) return undefined;
    const name = decodeOnce(part)?.normalize('NFC');
    if (name === undefined) return undefined;
    if (name === '' || name === '.' || name === '..' || name.includes('/')) leadsOut();
    return /[\\\0]/.test(name) ? undefined : name;
  });
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function leadsOut(): never {
  throw new DossierError('invalid-response', 'The server named something outside of the folder that was asked for');
}
