import { createCipheriv, createDecipheriv } from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { DossierError } from '../core/errors.ts';

export const tagLength = 16;

/** ChaCha20-Poly1305 (RFC 8439) over one chunk. */
export interface Aead {
  /** Ciphertext and tag, to be written one behind the other. */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): readonly [ciphertext: Uint8Array, tag: Uint8Array];
  /** `state-corrupt` when a single bit is not as it was sealed. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array;
}

const cipher = 'chacha20-poly1305';
const options = { authTagLength: tagLength };

/** The cipher of the runtime: several times faster. */
export const runtimeAead: Aead = {
  seal(key, nonce, plain) {
    const sealing = createCipheriv(cipher, key, nonce, options);
    const ciphertext = sealing.update(plain);
    // A stream cipher has nothing left to give.
    sealing.final();
    return [ciphertext, sealing.getAuthTag()];
  },
  open(key, nonce, sealed) {
    const opening = createDecipheriv(cipher, key, nonce, options);
    opening.setAuthTag(sealed.subarray(sealed.length - tagLength));
    const plain = opening.update(sealed.subarray(0, sealed.length - tagLength));
    return intact(() => {
      opening.final();
      return plain;
    });
  },
};

/** For runtimes whose crypto library has no such cipher: Electron's, which VS Code runs on, is built on BoringSSL. */
export const portableAead: Aead = {
  seal(key, nonce, plain) {
    const sealed = chacha20poly1305(key, nonce).encrypt(plain);
    return [sealed.subarray(0, plain.length), sealed.subarray(plain.length)];
  },
  open: (key, nonce, sealed) => intact(() => chacha20poly1305(key, nonce).decrypt(sealed)),
};

function intact(open: () => Uint8Array): Uint8Array {
  try {
    return open();
  } catch (cause) {
    throw new DossierError('state-corrupt', 'An encrypted object is damaged', { cause });
  }
}

function isOffered(): boolean {
  try {
    runtimeAead.seal(new Uint8Array(32), new Uint8Array(12), new Uint8Array());
    return true;
  } catch {
    return false;
  }
}

export const aead: Aead = isOffered() ? runtimeAead : portableAead;
