import { createHash, hkdfSync, randomBytes as strongRandom } from 'node:crypto';
import { utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ports.ts';

const prefix = 'dossier-key-1';
const secretLength = 32;
const checksumLength = 4;
// RFC 4648 base32 in lower case: can be read out on the telephone, and a double click selects it all.
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** The one secret of a user: everything else is derived from it. Never logged, never stored beside what it protects. */
export interface DossierKey {
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** A new key as text: `dossier-key-1` and 58 letters and digits. */
export function createKey(random: RandomBytes = strongRandom): string {
  return formatKey({ secret: random(secretLength) });
}

export function formatKey(key: DossierKey): string {
  return prefix + base32(Uint8Array.from([...key.secret, ...checksum(key.secret)]));
}

/**
 * The key that a person typed or a host stored. A missing one is `vault-locked`: never is a new key made in its place;
 * a mistyped one is `invalid-input`.
 */
export function parseKey(text: string | undefined): DossierKey {
  const typed = (text ?? '').replace(/\s+/g, '').toLowerCase();
  if (typed === '') throw new DossierError('vault-locked');
  const bytes = typed.startsWith(prefix) ? fromBase32(typed.slice(prefix.length)) : undefined;
  const secret = bytes?.subarray(0, secretLength);
  if (
    !bytes ||
    !secret ||
    bytes.length !== secretLength + checksumLength ||
    checksum(secret).some((byte, index) => byte !== bytes[secretLength + index])
  ) {
    throw new DossierError('invalid-input', 'This is not a Dossier key, or a letter of it is wrong');
  }
  return { secret: secret.slice() };
}

/** What a derived secret is for. Changing a word here changes every key of every user. */
export type KeyPurpose = 'log' | 'statement' | 'vault' | 'asset-id' | 'store';

/** 32 bytes for one purpose, by HKDF-SHA-256 (RFC 5869). Purposes say nothing about one another. */
export function deriveSecret(key: DossierKey, purpose: KeyPurpose): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key.secret, utf8('dossier.v1'), utf8(`dossier/${purpose}`), 32));
}

function checksum(secret: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(utf8(prefix)).update(secret).digest()).subarray(0, checksumLength);
}

function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

function fromBase32(text: string): Uint8Array | undefined {
  let bits = '';
  for (const letter of text) {
    const value = alphabet.indexOf(letter);
    if (value < 0) return undefined;
    bits += value.toString(2).padStart(5, '0');
  }
  const whole = bits.length - (bits.length % 8);
  // Spare bits are zero, so that one key has one spelling.
  if (bits.slice(whole).includes('1') || bits.length - whole >= 5) return undefined;
  return Uint8Array.from({ length: whole / 8 }, (_, index) => parseInt(bits.slice(index * 8, index * 8 + 8), 2));
}
