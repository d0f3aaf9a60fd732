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
   * The path that an href of the server stands for. Undefined for one that leads out (another origin, another base,
   * dots, an encoded separator) and for names that no drive path can hold (not UTF-8, a backslash, a NUL): nothing but
   * a path inside ever comes back.
   */
  pathOf(href: string): DrivePath | undefined;
}

export function createHrefs(url: string): Hrefs {
  if (!URL.canParse(url)) throw new DossierError('invalid-input', 'That is not an address of a server');
  const { origin, pathname, username, password, search, hash } = new URL(url);
  if (username !== '' || password !== '')
    throw new DossierError('invalid-input', 'Give user and password apart from the address, not in it');
  if (search !== '' || hash !== '')
    throw new DossierError('invalid-input', 'The address of a WebDAV folder has no "?" and no "#" in it');
  const names = segmentsOf(pathname);
  if (!names) throw new DossierError('invalid-input', 'The address holds a folder name that cannot be used');
  const base = `${origin}${encoded(names)}/`;
  const urlOf = (path: DrivePath) => base.slice(0, -1) + encoded(namesOf(path));
  return {
    base,
    origin,
    urlOf: (path) => (path === rootPath ? base : urlOf(path)),
    folderUrlOf: (path) => `${urlOf(path)}/`,
    pathOf(href) {
      const found = segmentsOf(pathOfHref(href, origin));
      if (!found || names.some((name, index) => found[index] !== name)) return undefined;
      return joinPath(rootPath, ...found.slice(names.length));
    },
  };
}

const encoded = (names: readonly string[]) => names.map((name) => `/${encodeURIComponent(name)}`).join('');

/** The path as the server wrote it. Not through `URL`, which would quietly resolve dots, also encoded ones. */
function pathOfHref(href: string, origin: string): string {
  if (href.startsWith('/') && !href.startsWith('//')) return href;
  const authority = /^https?:\/\/[^/?#\\@]+/i.exec(href)?.[0] ?? '';
  if (!URL.canParse(authority) || new URL(authority).origin !== origin) return '';
  return href.slice(authority.length);
}

/** Names between the slashes, decoded once, in NFC; undefined when one of them cannot be a name. */
function segmentsOf(path: string): string[] | undefined {
  if (!path.startsWith('/') || /[?#\\]/.test(path)) return undefined;
  const parts = path.replace(/\/$/, '').split('/').slice(1);
  const names = parts.map((part) => decodeOnce(part)?.normalize('NFC') ?? '');
  return names.every((name) => name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name))
    ? names
    : undefined;
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
