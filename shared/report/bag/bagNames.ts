import { DossierError } from '../../core/errors.ts';
import { printable } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';

export const bagDeclaration = 'bagit.txt';
export const bagInfo = 'bag-info.txt';
/** Where all lies that a bag is made for. */
export const payloadFolder = 'data/';

/** RFC 8493, section 2.1.3: line breaks and the percent sign in the names of a manifest. */
export function encodeBagName(path: string): string {
  return path.replace(/[%\r\n]/g, (character) => encodeURIComponent(character));
}

export function decodeBagName(text: string): string {
  return text.replace(/%(0[AaDd]|25)/g, (encoded) => decodeURIComponent(encoded));
}

/** Refuses what could lead out of the bag. @throws `invalid-response` */
export function demandWithin(path: string): string {
  const names = path.split('/');
  if (/[\0\\]/.test(path) || /^[A-Za-z]:/.test(path) || names.some((name) => ['', '.', '..'].includes(name)))
    throw new DossierError('invalid-response', say`The bag names "${printable(path)}", which may lead out of it`);
  return path;
}
