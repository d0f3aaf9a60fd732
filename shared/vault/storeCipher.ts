import { hkdfSync } from 'node:crypto';
import { concatBytes, equalBytes, toHex, utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { say } from '../core/sentence.ts';
import type { StoreCipher } from '../state/segments/cipher.ts';
import { aead } from './aead.ts';
import { markKey } from './encryptedState.ts';
import { type DossierKey, deriveSecret } from './key.ts';
import type { Vault } from './vault.ts';

/**
 * Seals a store on a drive for one user: ChaCha20-Poly1305 under a key of its own for each file, derived from the file's
 * salt, with the number of the part as nonce. So no part can take the place of another, and what is written says
 * nothing but its size.
 */
export function createStoreCipher(key: DossierKey, vault: Vault): StoreCipher {
  const secret = deriveSecret(key, 'store');
  const derive = (salt: Uint8Array, purpose: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, salt, utf8(`dossier/store/${purpose}`), length));
  return {
    id: toHex(derive(new Uint8Array(), 'id', 8)),
    file(salt) {
      const fileKey = derive(salt, 'file', 32);
      return {
        seal: (part, plain) => concatBytes(aead.seal(fileKey, nonceOf(part), plain)),
        open: (part, sealed) => aead.open(fileKey, nonceOf(part), sealed),
      };
    },
    formerMark: markKey,
    async openFormer(recordKey, value) {
      const plain = await vault.open(value);
      const prefix = utf8(`${recordKey}\n`);
      if (!equalBytes(plain.subarray(0, prefix.length), prefix))
        throw new DossierError('state-corrupt', say`The record "${recordKey}" belongs somewhere else`);
      return new Uint8Array(plain.subarray(prefix.length));
    },
  };
}

function nonceOf(part: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(8, part);
  return nonce;
}
