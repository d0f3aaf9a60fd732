import { DossierError } from './errors.ts';
import { say } from './sentence.ts';

const encoder = new TextEncoder();
// Without `stream` a decoder keeps nothing from one text to the next.
const strictDecoder = new TextDecoder('utf-8', { fatal: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Strict: malformed UTF-8 is `invalid-response`. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw new DossierError('invalid-response', 'The text is not valid UTF-8', { cause });
  }
}

/** For error bodies: never throws. */
export function fromUtf8Lossy(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Reads a stream into memory; `too-large` past `limit` bytes, and the stream is closed. */
export async function readBytes(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit)
      throw new DossierError('too-large', say`The answer is larger than ${limit} bytes`, { advice: null });
    parts.push(part);
  }
  return concatBytes(parts);
}

/**
 * Reads a stream to its end without keeping it, so that the connection can serve the next request; closes it past
 * `limit` bytes.
 */
export async function drain(stream: AsyncIterable<Uint8Array>, limit = 65_536): Promise<void> {
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit) return;
  }
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexBytes[byte];
  return text;
}

export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text))
    throw new DossierError('invalid-input', 'That is not hexadecimal text');
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(index * 2, index * 2 + 2), 16));
}

/** RFC 4648 base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  // In slices: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode.apply(undefined, bytes.subarray(at, at + 8192) as unknown as number[]);
  return btoa(text);
}

/**
 * Padded, and the bits that the last letter has too many are 0 (RFC 4648 section 3.5): only one text stands for the
 * same bytes.
 */
const canonicalBase64 = /^[A-Za-z0-9+/]*(?:[AQgw]==|[AEIMQUYcgkosw048]=)?$/;

export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && canonicalBase64.test(text);
}

/** Strict: anything but padded canonical base64 is `invalid-input`. */
export function fromBase64(text: string): Uint8Array {
  if (!isBase64(text)) throw new DossierError('invalid-input', 'That is not base64 text');
  const decoded = atob(text);
  const bytes = new Uint8Array(decoded.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = decoded.charCodeAt(at);
  return bytes;
}

/** RFC 4648 base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Strict, as `fromBase64`. */
export function fromBase64Url(text: string): Uint8Array {
  if (/[+/=]/.test(text)) throw new DossierError('invalid-input', 'That is not base64url text');
  return fromBase64(
    text
      .replace(/-/g, '+')
      .replace(/_/g, '/')
      .padEnd(Math.ceil(text.length / 4) * 4, '='),
  );
}

/** Numbers in the bytes, by their place. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
