import { concatBytes, equalBytes, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256 } from '../../core/hashing.ts';

/** Seals the parts of one file, each bound to its number and to the file. */
export interface FileCipher {
  seal(part: number, plain: Uint8Array): Uint8Array;
  /** `state-corrupt` unless it is that part of that file, bit for bit. */
  open(part: number, sealed: Uint8Array): Uint8Array;
}

/** How a store on a drive is sealed. */
export interface StoreCipher {
  /** 16 hexadecimal digits that tell one key from another and say nothing else. */
  readonly id: string;
  /** `salt` is 16 random bytes, used for one file only. */
  file(salt: Uint8Array): FileCipher;
  /** A value of a store of format 1, whose records were sealed one by one under keys that anybody could read. */
  openFormer(key: string, value: Uint8Array): Promise<Uint8Array>;
  /** The record of format 1 that tells whose the store is; not carried over. */
  readonly formerMark?: string;
}

export const saltLength = 16;
const checkLength = 16;

/** No secrets: damage is found, nothing is hidden. For tests, and for places that are encrypted as a whole. */
export const plainCipher: StoreCipher = {
  id: '0000000000000000',
  file(salt) {
    const checkOf = (part: number, plain: Uint8Array) =>
      sha256(concatBytes([salt, utf8(`${part}\n`), plain])).subarray(0, checkLength);
    return {
      seal: (part, plain) => concatBytes([checkOf(part, plain), plain]),
      open(part, sealed) {
        const plain = sealed.subarray(checkLength);
        if (sealed.length < checkLength || !equalBytes(sealed.subarray(0, checkLength), checkOf(part, plain)))
          throw new DossierError('state-corrupt', 'A part of the store is damaged');
        return plain;
      },
    };
  },
  openFormer: async (_, value) => value,
};
