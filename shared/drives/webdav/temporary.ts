import { randomBytes } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';

/** Names of our own beside the user's: hidden, and without the `.part` that Nextcloud refuses. */
const temporary = /^\.dossier-[0-9a-f]{32}\.upload$/;
const claim = /^\.dossier-[0-9a-f]{32}\.claim$/;
const newName = (kind: 'upload' | 'claim') => `.dossier-${toHex(randomBytes(16))}.${kind}`;

/** For content that waits for its place. */
export const temporaryName = (): string => newName('upload');

/** For the mark of whoever made a folder, see `claimFolder`. */
export const claimName = (): string => newName('claim');

export const isClaim = (name: string): boolean => claim.test(name);

export const isUnfinished = (name: string): boolean => temporary.test(name);

/** Listings leave these out. */
export const isOurOwn = (name: string): boolean => temporary.test(name) || claim.test(name);
