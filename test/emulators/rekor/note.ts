import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** A log's name and key pair, made anew: https://c2sp.org/signed-note */
export interface NoteSigner {
  readonly origin: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 over name, kind and key, all 32 bytes. */
  readonly keyId: Buffer;
  checkpoint(size: number, root: Uint8Array): string;
}

export function createNoteSigner(origin: string): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const keyId = createHash('sha256').update(`${origin}\n`).update(Uint8Array.of(1)).update(raw).digest();
  return {
    origin,
    publicKey: new Uint8Array(raw),
    keyId,
    checkpoint(size, root) {
      const text = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
      const signature = Buffer.concat([keyId.subarray(0, 4), sign(null, Buffer.from(text), privateKey)]);
      return `${text}\n— ${origin} ${signature.toString('base64')}\n`;
    },
  };
}
