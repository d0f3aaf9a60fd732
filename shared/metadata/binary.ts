/** The file is not what it says it is, or ends early, or asks for more than any real one needs. */
export class Damaged extends Error {
  override readonly name = 'Damaged';
}

export const u16 = (bytes: Uint8Array, at: number): number => viewOf(bytes).getUint16(at);
export const u32 = (bytes: Uint8Array, at: number): number => viewOf(bytes).getUint32(at);

/** Larger than what can be counted is more than any file has. */
export function u64(bytes: Uint8Array, at: number): number {
  const value = viewOf(bytes).getBigUint64(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Damaged();
  return Number(value);
}

/** Numbers in the bytes, by their place. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** One letter for each byte. */
export function latin(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function fromLatin(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

const longestText = 200;

/** What somebody else has written, for people to read: one line, of a length that can be shown. */
export function shownText(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8').decode(bytes.subarray(0, 4 * longestText));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken away.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ').trim();
  return line.length > longestText ? `${line.slice(0, longestText)}…` : line;
}

export function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  if (bytes.length < at + text.length) return false;
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
