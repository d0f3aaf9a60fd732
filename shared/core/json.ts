import { fromUtf8, utf8 } from './bytes.ts';
import { DossierError, type ErrorCode } from './errors.ts';
import { type Saying, say, toSentence } from './sentence.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** JSON text to a value; malformed text is an error with the given code, never an exception of another kind. */
export function parseJson(text: string, code: ErrorCode = 'invalid-response', what: Saying = say`The answer`): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DossierError(code, say`${toSentence(what)} is not valid JSON`, { cause });
  }
}

export function parseJsonBytes(bytes: Uint8Array, code: ErrorCode = 'invalid-response', what?: Saying): unknown {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw new DossierError(code, say`${toSentence(what ?? 'The answer')} is not valid UTF-8`, { cause });
  }
  return parseJson(text, code, what);
}

/** Keys sorted, no spaces: the same value always gives the same bytes. Numbers must be finite. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = value as { readonly [key: string]: Json };
    // By UTF-16 code units.
    const sorted = Object.keys(members).sort();
    return `{${sorted.map((key) => `${JSON.stringify(key)}:${canonicalJson(members[key] as Json)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('JSON has no such number');
  return JSON.stringify(value);
}

export function jsonBytes(value: Json): Uint8Array {
  return utf8(canonicalJson(value));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
