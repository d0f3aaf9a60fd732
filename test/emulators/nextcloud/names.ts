/** Which names the server takes, and how paths are spelled in URLs. */
import { DavError } from './davError.ts';

const maxNameBytes = 250;
export const forbiddenNames = ['.htaccess'];
export const forbiddenCharacters = ['\\', '/'];
export const forbiddenExtensions = ['.filepart', '.part'];

/** Refuses what Nextcloud 32 refuses on Linux, with its default settings. */
export function checkName(name: string): void {
  if (name === '.' || name === '..') throw new DavError('Conflict', 'Dot files are not allowed');
  const lower = name.toLowerCase();
  const reason = forbiddenNames.includes(lower)
    ? `"${name}" is a forbidden file or folder name.`
    : forbiddenExtensions.some((extension) => lower.endsWith(extension))
      ? 'Filenames must not end with a forbidden extension.'
      : forbiddenCharacters.some((character) => name.includes(character))
        ? `"\\" is not allowed inside a file or folder name.`
        : /[\u0000-\u001f]/.test(name)
          ? 'File name contains at least one invalid character'
          : Buffer.byteLength(name) > maxNameBytes
            ? 'File name is too long'
            : name.trim() === ''
              ? 'Filename cannot be empty'
              : undefined;
  if (reason !== undefined) throw new DavError('InvalidPath', reason);
}

/** The segments of a URL path, decoded once and composed; an encoded slash is refused as Apache refuses it. */
export function decodePath(path: string): string[] {
  if (/%2f/i.test(path)) throw new DavError('NotFound', 'The requested URL was not found on this server.');
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => decodeURIComponent(segment).normalize('NFC'));
  } catch {
    throw new DavError('BadRequest', 'The path is not valid UTF-8');
  }
}

/** Percent-encoding in lower case; colons, dots and tildes stay readable. */
export function encodeSegment(segment: string): string {
  return [...Buffer.from(segment)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_.~:@()\-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
