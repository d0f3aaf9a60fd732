import { randomBytes as strongRandom } from 'node:crypto';
import type { RandomBytes } from '../../core/ports.ts';

// Crockford's alphabet in lower case: no i, l, o, u, and in the same order as the digits' values, so ids sort by time.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timeDigits = 10;
const randomDigits = 16;

/** A ULID in lower case (it is used in state keys): 48 bits of time, 80 random bits. https://github.com/ulid/spec */
export function createReportId(now: number, random: RandomBytes = strongRandom): string {
  return digits(BigInt(Math.max(0, Math.floor(now))), timeDigits) + digits(toBigInt(random(10)), randomDigits);
}

/** An id that is made of a hash (at least 16 bytes), so that the same hash always gives the same id. */
export function reportIdFrom(hash: Uint8Array): string {
  return digits(toBigInt(hash.subarray(0, 6)), timeDigits) + digits(toBigInt(hash.subarray(6, 16)), randomDigits);
}

export function isReportId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(value);
}

function digits(value: bigint, count: number): string {
  return Array.from(
    { length: count },
    (_, index) => alphabet[Number((value >> BigInt(5 * (count - 1 - index))) & 31n)],
  ).join('');
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** When an id was made, milliseconds since 1970 UTC. */
export function timeOf(id: string): number {
  return [...id.slice(0, timeDigits)].reduce((value, letter) => value * 32 + alphabet.indexOf(letter), 0);
}
