import { randomBytes } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';

/** Names under which content waits for its place. Hidden, and without the `.part` that Nextcloud refuses. */
const pattern = /^\.dossier-[0-9a-f]{32}\.upload$/;

export function temporaryName(): string {
  return `.dossier-${toHex(randomBytes(16))}.upload`;
}

export function isTemporary(name: string): boolean {
  return pattern.test(name);
}
