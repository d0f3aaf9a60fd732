import { concatBytes, fromUtf8Lossy, toHex, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { sha256 } from '../../core/hashing.ts';
import type { RandomBytes } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import { type StoreCipher, saltLength } from '../segments/cipher.ts';

/** What is written: since 3, segments that a reader of 2 would take for damaged. */
const written = '3';
/** What can be read. */
const known: ReadonlySet<string> = new Set(['2', written]);
/** The format, the key's id and a check of both, in one line. */
const headLength = `dossier-state ${written} 0123456789abcdef 01234567\n`.length;

const headOf = (version: string, id: string): string => {
  const text = `dossier-state ${version} ${id}`;
  return `${text} ${toHex(sha256(text)).slice(0, 8)}\n`;
};

/** A sealed file of the epoch log: what it is, whose it is, and its content. */
export function encodeFrame(content: Uint8Array, cipher: StoreCipher, random: RandomBytes): Uint8Array {
  const salt = new Uint8Array(random(saltLength));
  return concatBytes([utf8(headOf(written, cipher.id)), salt, cipher.file(salt).seal(0, content)]);
}

/**
 * The content. `vault-locked` when it was sealed with another key, `unsupported` when a newer version of Dossier wrote
 * it, `state-corrupt` when it is damaged.
 */
export function decodeFrame(bytes: Uint8Array, path: string, cipher: StoreCipher): Uint8Array {
  const damaged = (cause?: unknown) =>
    new DossierError('state-corrupt', say`The record ${path} is damaged`, {
      path,
      ...(cause === undefined ? {} : { cause }),
    });
  const head = fromUtf8Lossy(bytes.subarray(0, headLength));
  const [, version, id] = /^dossier-state (\d+) ([0-9a-f]{16}) [0-9a-f]{8}\n$/.exec(head) ?? [];
  if (version !== undefined && !known.has(version))
    throw new DossierError(
      'unsupported',
      say`The record ${path} was written by a newer version of Dossier: update this one`,
      { path },
    );
  if (
    version === undefined ||
    id === undefined ||
    head !== headOf(version, id) ||
    bytes.length < headLength + saltLength
  )
    throw damaged();
  if (id !== cipher.id)
    throw new DossierError('vault-locked', 'This store was made with another Dossier key', { path });
  const salt = bytes.subarray(headLength, headLength + saltLength);
  try {
    return cipher.file(salt).open(0, bytes.subarray(headLength + saltLength));
  } catch (cause) {
    throw damaged(cause);
  }
}
