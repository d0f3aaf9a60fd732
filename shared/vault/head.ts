import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Stanza } from 'age-encryption';
import { concatBytes, toBase64, utf8 } from '../core/bytes.ts';

/** Bytes of the nonce that stands between the header and the payload. */
export const nonceLength = 16;

/**
 * What an object of the age format begins with: the header for one recipient, and a fresh nonce.
 * https://age-encryption.org/v1
 */
export function writeHead({ args, body }: Stanza, fileKey: Uint8Array): Uint8Array {
  const header = `age-encryption.org/v1\n-> ${args.join(' ')}\n${unpadded(body)}\n---`;
  const macKey = new Uint8Array(hkdfSync('sha256', fileKey, new Uint8Array(), utf8('header'), 32));
  const mac = createHmac('sha256', macKey).update(utf8(header)).digest();
  return concatBytes([utf8(`${header} ${unpadded(mac)}\n`), new Uint8Array(randomBytes(nonceLength))]);
}

/** The key of the payload behind a head. */
export function payloadKey(fileKey: Uint8Array, head: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, head.subarray(-nonceLength), utf8('payload'), 32));
}

/** Short enough for a single line of at most 64 letters. */
function unpadded(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/=+$/, '');
}
