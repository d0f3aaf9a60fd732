import { DossierError } from './errors.ts';
import { say } from './sentence.ts';

/**
 * A path in a drive: absolute, `/` between names, NFC, no trailing slash; the root is `/`. Made by `parsePath` and
 * `joinPath` only.
 */
export type DrivePath = string & { readonly __drivePath: true };

export const rootPath = '/' as DrivePath;

/**
 * Names as they may be in the drive already. `invalid-path` for what could lead out of a folder: empty, `.`, `..`, a
 * separator, NUL.
 */
export function parseName(text: string): string {
  const name = text.normalize('NFC');
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new DossierError('invalid-path', say`"${printable(text)}" cannot be the name of a file or folder`, {
      path: text,
    });
  }
  return name;
}

/** A path as a person or a program gives it; a missing leading slash and a trailing one are forgiven, `..` never is. */
export function parsePath(text: string): DrivePath {
  const names = text.split('/').filter((name, index, all) => name !== '' || (index > 0 && index < all.length - 1));
  if (names.some((name) => name === ''))
    throw new DossierError('invalid-path', say`"${printable(text)}" has an empty folder name in it`, { path: text });
  return `/${names.map(parseName).join('/')}` as DrivePath;
}

/**
 * A path out of a record that Dossier wrote: absolute. A damaged or foreign record is never forgiven into the root, as
 * the empty text of a person is.
 *
 * @throws `invalid-path` for a text that is not absolute.
 */
export function parseStoredPath(text: string): DrivePath {
  if (!text.startsWith('/')) throw new DossierError('invalid-path', say`"${printable(text)}" is not a whole path`);
  return parsePath(text);
}

export function joinPath(folder: DrivePath, ...names: readonly string[]): DrivePath {
  const tail = names.map(parseName).join('/');
  if (tail === '') return folder;
  return (folder === rootPath ? `/${tail}` : `${folder}/${tail}`) as DrivePath;
}

export function parentOf(path: DrivePath): DrivePath {
  return (path.slice(0, Math.max(1, path.lastIndexOf('/'))) || '/') as DrivePath;
}

export function nameOf(path: DrivePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function namesOf(path: DrivePath): string[] {
  return path === rootPath ? [] : path.slice(1).split('/');
}

/** True when `path` is `folder` itself or lies in it at any depth. */
export function isWithin(path: DrivePath, folder: DrivePath): boolean {
  return path === folder || folder === rootPath || path.startsWith(`${folder}/`);
}

/** Control and bidirectional characters made visible, so that a hostile name cannot disguise itself in a message. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
