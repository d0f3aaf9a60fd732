import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, fromBase64, fromHex, toBase64, toBase64Url, toHex, utf8 } from '../shared/core/bytes.ts';

/**
 * What the core takes from `node:crypto` to check a published ledger, for a browser: the build puts this in its place.
 * The Web Crypto API hashes nothing piece by piece and answers later; here everything is there at once.
 */

type Encoding = 'hex' | 'base64' | 'base64url' | 'buffer';

const encoders: Readonly<Record<Encoding, (bytes: Uint8Array) => unknown>> = {
  hex: toHex,
  base64: toBase64,
  base64url: toBase64Url,
  buffer: (bytes) => bytes,
};
const bytesOf = (content: Uint8Array | string) => (typeof content === 'string' ? utf8(content) : content);

export function createHash(_algorithm: 'sha256') {
  const state = sha256.create();
  const hash = {
    update(content: Uint8Array | string) {
      state.update(bytesOf(content));
      return hash;
    },
    digest: (encoding: Encoding = 'buffer') => encoders[encoding](state.digest()),
  };
  return hash;
}

export function hash(_algorithm: 'sha256', content: Uint8Array | string, encoding: Encoding): unknown {
  return encoders[encoding](sha256(bytesOf(content)));
}

interface PublicKey {
  readonly asymmetricKeyType: 'ec' | 'ed25519';
  readonly asymmetricKeyDetails: { readonly namedCurve?: 'prime256v1' };
  readonly raw: Uint8Array;
}

/** What stands before the bytes of a key in its SubjectPublicKeyInfo: of a point of P-256, and of an Ed25519 key. */
const p256Prefix = fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200');
const ed25519Prefix = fromHex('302a300506032b6570032100');

export function createPublicKey(pem: string): PublicKey {
  const spki = fromBase64(pem.replace(/-----[A-Z ]+-----|\s+/g, ''));
  const after = (prefix: Uint8Array, length: number) =>
    spki.length === prefix.length + length && equalBytes(spki.subarray(0, prefix.length), prefix)
      ? spki.slice(prefix.length)
      : undefined;
  const point = after(p256Prefix, 65);
  if (point) {
    p256.Point.fromBytes(point).assertValidity();
    return { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve: 'prime256v1' }, raw: point };
  }
  const edwards = after(ed25519Prefix, 32);
  if (edwards) return { asymmetricKeyType: 'ed25519', asymmetricKeyDetails: {}, raw: edwards };
  throw new TypeError('That is a key of another kind');
}

export function verify(
  _algorithm: 'sha256' | null,
  message: Uint8Array,
  key: string | PublicKey,
  signature: Uint8Array,
): boolean {
  const { asymmetricKeyType, raw } = typeof key === 'string' ? createPublicKey(key) : key;
  try {
    return asymmetricKeyType === 'ec'
      ? p256.verify(signature, message, raw, { prehash: true, lowS: false, format: 'der' })
      : ed25519.verify(signature, message, raw, { zip215: false });
  } catch {
    // Not even the form of a signature.
    return false;
  }
}

function notHere(): never {
  throw new TypeError('Not in a browser');
}
export const [createHmac, createECDH, createPrivateKey, sign, randomBytes] = [
  notHere,
  notHere,
  notHere,
  notHere,
  notHere,
];
export const X509Certificate = notHere;
