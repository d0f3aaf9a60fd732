import iconv from 'iconv-lite';
import { utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';

export interface EncodedText {
  readonly bytes: Uint8Array;
  /** The encoding that was really used. */
  readonly encoding: string;
}

const defaultEncoding = 'utf-8';

export function isTextEncoding(name: string): boolean {
  return iconv.encodingExists(name);
}

/**
 * A description in the text encoding (code page) of its connection. Where that cannot express every character, UTF-8 is
 * used instead, and the manifest says so: a question mark in place of a letter would be a loss.
 */
export function encodeDescription(text: string, encoding: string = defaultEncoding): EncodedText {
  if (!isTextEncoding(encoding))
    throw new DossierError('invalid-input', say`There is no text encoding named "${encoding}"`);
  const bytes = Uint8Array.from(iconv.encode(text, encoding));
  if (iconv.decode(bytes, encoding) === text) return { bytes, encoding };
  return { bytes: utf8(text), encoding: defaultEncoding };
}

/** The text of a description file; empty in an encoding that nobody knows. */
export function decodeDescription(bytes: Uint8Array, encoding: string): string {
  // As `encodeDescription` has proved it; a text that begins with the mark itself is always in the default encoding.
  const options = { stripBOM: encoding !== defaultEncoding };
  return isTextEncoding(encoding) ? iconv.decode(bytes as Parameters<typeof iconv.decode>[0], encoding, options) : '';
}
