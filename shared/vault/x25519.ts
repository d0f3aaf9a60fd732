import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { Identity, Stanza } from 'age-encryption';
import { concatBytes, fromBase64, toBase64, toBase64Url, utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { aead, tagLength } from './aead.ts';

const curve = { kty: 'OKP', crv: 'X25519' };
const keyLength = 32;
export const fileKeyLength = 16;
const label = utf8('age-encryption.org/v1/X25519');
const noNonce = new Uint8Array(12);

/** One key pair that file keys are wrapped for, and unwrapped with. */
export interface X25519 extends Identity {
  wrapFileKey(fileKey: Uint8Array): Stanza;
}

/**
 * The X25519 recipient and identity of the age format over the curve of the runtime, several times faster than over Web
 * Crypto: a ledger seals thousands of small records. Undefined where the runtime has no such curve.
 * https://age-encryption.org/v1
 */
export function createX25519(secret: Uint8Array): X25519 | undefined {
  try {
    return onRuntime(
      createPrivateKey({
        key: { ...curve, d: toBase64Url(secret), x: toBase64Url(new Uint8Array(keyLength)) },
        format: 'jwk',
      }),
    );
  } catch {
    return undefined;
  }
}

function onRuntime(identity: KeyObject): X25519 {
  const recipientKey = createPublicKey(identity);
  const recipient = bytesOf(recipientKey);
  const wrappingKey = (shared: Uint8Array, share: Uint8Array) =>
    new Uint8Array(hkdfSync('sha256', shared, concatBytes([share, recipient]), label, 32));

  const wrapFileKey = (fileKey: Uint8Array): Stanza => {
    const ephemeral = generateKeyPairSync('x25519');
    const share = bytesOf(ephemeral.publicKey);
    const key = wrappingKey(diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipientKey }), share);
    return { args: ['X25519', toBase64(share).slice(0, -1)], body: concatBytes(aead.seal(key, noNonce, fileKey)) };
  };
  const sharedWith = (share: Uint8Array): Uint8Array => {
    try {
      return diffieHellman({
        privateKey: identity,
        publicKey: createPublicKey({ key: { ...curve, x: toBase64Url(share) }, format: 'jwk' }),
      });
    } catch (cause) {
      // A point of low order, which nobody comes by honestly.
      throw new DossierError('state-corrupt', 'The head of an encrypted object is damaged', { cause });
    }
  };
  const unwrapFileKey = (stanzas: Stanza[]): Uint8Array | null => {
    for (const { args, body } of stanzas) {
      if (args[0] !== 'X25519') continue;
      // Written without its padding: 32 bytes have one such letter.
      const share = args.length === 2 ? fromBase64(`${args[1]}=`) : undefined;
      if (share?.length !== keyLength || body.length !== fileKeyLength + tagLength)
        throw new DossierError('state-corrupt', 'The head of an encrypted object is damaged');
      const key = wrappingKey(sharedWith(share), share);
      try {
        return aead.open(key, noNonce, body);
      } catch (error) {
        // Sealed for somebody else.
        if (!isDossierError(error, 'state-corrupt')) throw error;
      }
    }
    return null;
  };
  // Fails now, where it can be done without, and not with the first record.
  unwrapFileKey([wrapFileKey(new Uint8Array(fileKeyLength))]);
  return { wrapFileKey, unwrapFileKey };
}

function bytesOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-keyLength));
}
