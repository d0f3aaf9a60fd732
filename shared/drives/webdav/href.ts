import { DossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath, namesOf, rootPath } from '../../core/paths.ts';

/** The addresses of one drive: everything lies under one base, and nothing that a server says leads out of it. */
export interface Hrefs {
  /** The folder that is the root of the drive, with a slash at its end; its names in NFC, so that it is one identity. */
  readonly base: string;
  readonly origin: string;
  urlOf(path: DrivePath): string;
  /** With the slash that folders have. */
  folderUrlOf(path: DrivePath): string;
  /**
   * The path that an href of the server stands for. Undefined for one that leads out (another origin, another base,
   * dots, an encoded separator) and for names that no drive path can hold (not UTF-8, a backslash, a NUL): nothing but
   * a path inside ever comes back. `alias`: another origin that the server goes by.
   */
  pathOf(href: string, alias?: string): DrivePath | undefined;
  /** The origin that an absolute href names; undefined for one without. */
  originOf(href: string): string | undefined;
  /** From now on the names of `href` are written to the server as it has spelled them itself. */
  keepSpelling(href: string, alias?: string): void;
  /** The spelling of the last name of a path, where the server has another than the path; undefined forgets it. */
  spell(path: DrivePath, name: string | undefined): void;
  spellingOf(path: DrivePath): string | undefined;
}

/** Spellings that are remembered; what is forgotten is looked for again. */
const maxSpellings = 100_000;

export function createHrefs(url: string): Hrefs {
  if (!URL.canParse(url)) throw new DossierError('invalid-input', 'That is not an address of a server');
  const { origin, pathname, username, password, search, hash } = new URL(url);
  if (username !== '' || password !== '')
    throw new DossierError('invalid-input', 'Give user and password apart from the address, not in it');
  if (search !== '' || hash !== '')
    throw new DossierError('invalid-input', 'The address of a WebDAV folder has no "?" and no "#" in it');
  const root = segmentsOf(pathname);
  if (!root) throw new DossierError('invalid-input', 'The address holds a folder name that cannot be used');
  const home = `${origin}${encoded(root)}`;
  const names = root.map(composed);
  const base = `${origin}${encoded(names)}/`;
  /** Names that the server has in another normal form than paths: it may compare bytes. */
  const spellings = new Map<DrivePath, string>();

  const prefixesOf = (path: DrivePath) => {
    let at = rootPath;
    return namesOf(path).map((name) => (at = joinPath(at, name)));
  };
  const spelled = (path: DrivePath): readonly string[] =>
    spellings.size === 0
      ? namesOf(path)
      : prefixesOf(path).map((prefix) => spellings.get(prefix) ?? (namesOf(prefix).at(-1) as string));
  const urlOf = (path: DrivePath) => home + encoded(spelled(path));
  const spell = (path: DrivePath, name: string | undefined) => {
    if (name === undefined || name === namesOf(path).at(-1)) spellings.delete(path);
    else {
      if (spellings.size >= maxSpellings) spellings.clear();
      spellings.set(path, name);
    }
  };
  /** Names below the base, as the server has them. */
  const inside = (href: string, alias: string | undefined): string[] | undefined => {
    const found = segmentsOf(pathOfHref(href, [origin, alias]));
    return found && names.every((name, index) => found[index] !== undefined && composed(found[index]) === name)
      ? found.slice(names.length)
      : undefined;
  };

  return {
    base,
    origin,
    urlOf: (path) => (path === rootPath ? `${home}/` : urlOf(path)),
    folderUrlOf: (path) => `${urlOf(path)}/`,
    pathOf(href, alias) {
      const found = inside(href, alias);
      return found && joinPath(rootPath, ...found);
    },
    originOf: (href) => authorityOf(href)?.origin,
    keepSpelling(href, alias) {
      let at = rootPath;
      for (const name of inside(href, alias) ?? []) {
        at = joinPath(at, name);
        spell(at, name);
      }
    },
    spell,
    spellingOf: (path) => spellings.get(path),
  };
}

const composed = (name: string) => name.normalize('NFC');
const encoded = (names: readonly string[]) => names.map((name) => `/${encodeURIComponent(name)}`).join('');

function authorityOf(href: string): { readonly origin: string; readonly length: number } | undefined {
  const authority = /^https?:\/\/[^/?#\\@]+/i.exec(href)?.[0] ?? '';
  return URL.canParse(authority) ? { origin: new URL(authority).origin, length: authority.length } : undefined;
}

/** The path as the server wrote it. Not through `URL`, which would quietly resolve dots, also encoded ones. */
function pathOfHref(href: string, origins: readonly (string | undefined)[]): string {
  if (href.startsWith('/') && !href.startsWith('//')) return href;
  const authority = authorityOf(href);
  return authority && origins.includes(authority.origin) ? href.slice(authority.length) : '';
}

/**
 * Names between the slashes, decoded once, in the normal form in which they came; undefined when one of them cannot be a
 * name. A `#` or `?` stands for itself: hrefs of WebDAV have neither fragment nor query, and servers forget to escape
 * them in names.
 */
function segmentsOf(path: string): string[] | undefined {
  if (!path.startsWith('/') || /\\/.test(path)) return undefined;
  const parts = path.replace(/\/$/, '').split('/').slice(1);
  const names = parts.map((part) => decodeOnce(part) ?? '');
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
