import { randomBytes } from 'node:crypto';
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import { readBytes } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { type ByteSource, bytesSource } from '../drive/source.ts';
import { tagLength } from './aead.ts';
import { bech32 } from './bech32.ts';
import { nonceLength, payloadKey, writeHead } from './head.ts';
import { type DossierKey, deriveSecret } from './key.ts';
import { openedSize, openRange, sealedSize, sealRange } from './payload.ts';
import { createX25519, fileKeyLength } from './x25519.ts';

/**
 * Encrypts for one user, in the age format: `age -d -i` with the exported identity opens every object.
 * https://age-encryption.org/v1
 */
export interface Vault {
  /** `AGE-SECRET-KEY-1…`: a secret as good as the Dossier key, for the drafts and copies that it opens. */
  readonly identity: string;
  seal(plain: Uint8Array): Promise<Uint8Array>;
  /** `vault-locked` when it was sealed with another key, `state-corrupt` when it is damaged. */
  open(sealed: Uint8Array): Promise<Uint8Array>;
  /** A fresh head. Each may be used for one content only. */
  newHead(): Promise<Uint8Array>;
  /** The object that a head and a content make together: always the same bytes, readable from anywhere. */
  sealSource(head: Uint8Array, content: ByteSource): Promise<ByteSource>;
  /** The content of an object, readable from anywhere. Codes as `open`. */
  openSource(object: Pick<ByteSource, 'size' | 'open' | 'readInto'>): Promise<Pick<ByteSource, 'size' | 'open'>>;
}

/** A head for one recipient has some 180 bytes. */
const longestHead = 4096;
const largestObject = 256 * 1024 * 1024;

export async function createVault(key: DossierKey): Promise<Vault> {
  const secret = deriveSecret(key, 'vault');
  const identity = bech32('age-secret-key-', secret).toUpperCase();
  const onRuntime = createX25519(secret);
  const decrypter = new Decrypter();
  decrypter.addIdentity(onRuntime ?? identity);

  const keyOf = async (head: Uint8Array): Promise<Uint8Array> => {
    const fileKey = await decrypter.decryptHeader(head.subarray(0, -nonceLength)).catch((cause: unknown) => {
      const other = String(cause).includes('no identity matched');
      if (other) throw new DossierError('vault-locked', 'This was encrypted with another Dossier key', { cause });
      throw new DossierError('state-corrupt', 'The head of an encrypted object is damaged', { cause });
    });
    return payloadKey(fileKey, head);
  };
  /** A fresh head, with the key of what is to come behind it. */
  const begin = async (): Promise<{ readonly head: Uint8Array; readonly streamKey: Uint8Array }> => {
    if (onRuntime) {
      const fileKey = new Uint8Array(randomBytes(fileKeyLength));
      const head = writeHead(onRuntime.wrapFileKey(fileKey), fileKey);
      return { head, streamKey: payloadKey(fileKey, head) };
    }
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(identity));
    // An object without content is its head and one empty chunk, which is a tag.
    const head = (await encrypter.encrypt(new Uint8Array())).slice(0, -tagLength);
    return { head, streamKey: await keyOf(head) };
  };
  const sealed = (head: Uint8Array, streamKey: Uint8Array, content: ByteSource): ByteSource => ({
    size: head.length + sealedSize(content.size),
    fingerprint: () => content.fingerprint(),
    async *open({ start = 0, end = head.length + sealedSize(content.size) } = {}) {
      if (start < Math.min(end, head.length)) yield head.subarray(start, end);
      if (end > head.length)
        yield* sealRange(content, streamKey, { start: Math.max(0, start - head.length), end: end - head.length });
    },
  });
  const openSource: Vault['openSource'] = async (object) => {
    const head = headOf(await readBytes(object.open({ end: Math.min(object.size, longestHead) }), longestHead));
    const payload = {
      size: object.size - head.length,
      open: ({ start = 0, end = object.size - head.length } = {}) =>
        object.open({ start: start + head.length, end: end + head.length }),
      ...(object.readInto
        ? { readInto: (start: number, into: Uint8Array) => object.readInto!(start + head.length, into) }
        : {}),
    };
    const size = openedSize(payload.size);
    const streamKey = await keyOf(head);
    return { size, open: (range) => openRange(payload, streamKey, range) };
  };

  return {
    identity,
    newHead: async () => (await begin()).head,
    sealSource: async (head, content) => sealed(head, await keyOf(head), content),
    openSource,
    async seal(plain) {
      const { head, streamKey } = await begin();
      const object = sealed(head, streamKey, bytesSource(plain));
      return readBytes(object.open(), object.size);
    },
    async open(sealed) {
      const content = await openSource(bytesSource(sealed));
      return readBytes(content.open(), largestObject);
    },
  };
}

/** Header and payload nonce. The header ends with the line that begins with three dashes. */
function headOf(beginning: Uint8Array): Uint8Array {
  const text = Array.from(beginning, (byte) => String.fromCharCode(byte)).join('');
  const mac = text.indexOf('\n--- ');
  const end = mac < 0 ? -1 : text.indexOf('\n', mac + 1);
  if (!text.startsWith('age-encryption.org/v1\n') || end < 0 || end + 1 + nonceLength > beginning.length) {
    throw new DossierError('state-corrupt', 'An encrypted object is damaged, or is not one');
  }
  return beginning.slice(0, end + 1 + nonceLength);
}
