import { concatBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';

/** As much of ITU-T X.690 (DER) as RFC 3161 needs. */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
  context0: 0xa0,
} as const;

export function encodeDer(type: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(content.length === 0 ? [new Uint8Array()] : content);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const head = body.length < 128 ? [type, body.length] : [type, 0x80 | length.length, ...length];
  return concatBytes([Uint8Array.from(head), body]);
}

/** A non-negative integer from big-endian bytes. */
export function encodeInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return encodeDer(tag.integer, (digits[0] ?? 0) >= 128 ? Uint8Array.of(0) : new Uint8Array(), digits);
}

export function encodeOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 128);
    return groups;
  });
  return encodeDer(tag.oid, Uint8Array.from(bytes));
}

/** One element of a DER text. */
export interface DerElement {
  readonly type: number;
  /** With its head. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

const longestText = 1_000_000;

/** The elements that follow one another in `bytes`; `invalid-response` when they do not fill it exactly. */
export function decodeDer(bytes: Uint8Array): DerElement[] {
  if (bytes.length > longestText) throw malformed();
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [type, first] = [bytes[at], bytes[at + 1]];
    if (type === undefined || first === undefined) throw malformed();
    const extra = first < 128 ? 0 : first & 127;
    if (first >= 128 && (extra === 0 || extra > 4)) throw malformed();
    const length =
      extra === 0 ? first : bytes.subarray(at + 2, at + 2 + extra).reduce((sum, byte) => sum * 256 + byte, 0);
    const start = at + 2 + extra;
    if (start + length > bytes.length) throw malformed();
    elements.push({ type, whole: bytes.subarray(at, start + length), content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** The elements inside one of the expected type; `invalid-response` for another. */
export function inside(element: DerElement | undefined, type: number): DerElement[] {
  return decodeDer(expectDer(element, type).content);
}

export function expectDer(element: DerElement | undefined, type: number): DerElement {
  if (element?.type !== type) throw malformed();
  return element;
}

function malformed(): DossierError {
  return new DossierError('invalid-response', 'The time stamp is malformed');
}
