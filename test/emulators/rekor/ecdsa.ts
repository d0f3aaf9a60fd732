import { createPublicKey } from 'node:crypto';

/**
 * ECDSA over P-256 for a hash that is given: Node's own functions would hash it once more. FIPS 186-5, section 6.4.2.
 */
const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
type Point = readonly [bigint, bigint] | undefined;
const base: Point = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
];

const modulo = (value: bigint, by: bigint) => ((value % by) + by) % by;

function inverse(value: bigint, by: bigint): bigint {
  let [a, b, x, y] = [modulo(value, by), by, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return modulo(x, by);
}

function add(one: Point, other: Point): Point {
  if (!one) return other;
  if (!other) return one;
  const [[x1, y1], [x2, y2]] = [one, other];
  if (x1 === x2 && y1 !== y2) return undefined;
  const slope = x1 === x2 ? (3n * x1 * x1 - 3n) * inverse(2n * y1, prime) : (y2 - y1) * inverse(x2 - x1, prime);
  const x = modulo(slope * slope - x1 - x2, prime);
  return [x, modulo(slope * (x1 - x) - y1, prime)];
}

function multiply(point: Point, by: bigint): Point {
  let sum: Point;
  for (let [rest, doubled] = [by, point]; rest > 0n; [rest, doubled] = [rest >> 1n, add(doubled, doubled)])
    if (rest & 1n) sum = add(sum, doubled);
  return sum;
}

const numberOf = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** The two numbers of a DER signature of this size. */
function numbersIn(der: Uint8Array): [bigint, bigint] | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der[2] !== 2) return undefined;
  const end = 4 + (der[3] as number);
  if (der[end] !== 2 || end + 2 + (der[end + 1] as number) !== der.length) return undefined;
  return [numberOf(der.subarray(4, end)), numberOf(der.subarray(end + 2))];
}

export function isSignatureOver(digest: Uint8Array, signature: Uint8Array, spki: Uint8Array): boolean {
  const { x, y, crv } = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({
    format: 'jwk',
  });
  const pair = numbersIn(signature);
  if (crv !== 'P-256' || !pair || digest.length !== 32) return false;
  const [r, s] = pair;
  if (r <= 0n || s <= 0n || r >= order || s >= order) return false;
  const w = inverse(s, order);
  const key: Point = [numberOf(Buffer.from(x as string, 'base64url')), numberOf(Buffer.from(y as string, 'base64url'))];
  const point = add(multiply(base, modulo(numberOf(digest) * w, order)), multiply(key, modulo(r * w, order)));
  return point !== undefined && modulo(point[0], order) === r;
}
