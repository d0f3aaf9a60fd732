/**
 * Checks for arguments, after Stone, the language of the Dropbox API specification. Dropbox refuses unknown fields,
 * missing fields, wrong types and shorthand unions with a sentence in plain text; clients meet that as a 400.
 */
export class BadArgument extends Error {}

export type Check<T> = (value: unknown, at: string) => T;
export type Checked<C> = C extends Check<infer T> ? T : never;

interface OptionalCheck<T> extends Check<T> {
  readonly optional: true;
}

const refuse = (at: string, why: string): never => {
  throw new BadArgument(at ? `${at}: ${why}` : why);
};

export function optional<T>(check: Check<T>, fallback: T): OptionalCheck<T> {
  const withFallback = (value: unknown, at: string): T =>
    value === undefined || value === null ? fallback : check(value, at);
  return Object.assign(withFallback, { optional: true as const });
}

export function struct<S extends Record<string, Check<unknown>>>(fields: S): Check<{ [K in keyof S]: Checked<S[K]> }> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refuse(at, `expected object, got ${value === null ? 'null' : typeof value}`);
    }
    const given = value as Record<string, unknown>;
    const prefix = at ? `${at}.` : '';
    for (const name of Object.keys(given)) {
      if (!(name in fields) && name !== '.tag') refuse(at, `unknown field '${name}'`);
    }
    const result: Record<string, unknown> = {};
    for (const [name, check] of Object.entries(fields)) {
      if (given[name] === undefined && !('optional' in check)) refuse(at, `missing required field '${name}'`);
      result[name] = check(given[name], prefix + name);
    }
    return result as { [K in keyof S]: Checked<S[K]> };
  };
}

export function text(pattern?: RegExp, bounds: { min?: number; max?: number } = {}): Check<string> {
  const whole = pattern && new RegExp(`^(?:${pattern.source})$`, 'u');
  return (value, at) => {
    if (typeof value !== 'string') return refuse(at, `expected string, got ${nameOfType(value)}`);
    if (whole && !whole.test(value)) refuse(at, `'${value}' did not match pattern '${whole.source.slice(4, -2)}'`);
    if (bounds.min !== undefined && value.length < bounds.min) {
      refuse(at, `'${value}' must be at least ${bounds.min} characters, got ${value.length}`);
    }
    if (bounds.max !== undefined && value.length > bounds.max) {
      refuse(at, `'${value}' must be at most ${bounds.max} characters, got ${value.length}`);
    }
    return value;
  };
}

export function integer(min: number, max: number): Check<number> {
  return (value, at) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      return refuse(at, `expected integer, got ${nameOfType(value)}`);
    }
    if (value < min || value > max) refuse(at, `${value} is not within range [${min}, ${max}]`);
    return value;
  };
}

export const flag: Check<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : refuse(at, `expected boolean, got ${nameOfType(value)}`);

export const nothing: Check<null> = (value, at) =>
  value === undefined || value === null ? null : refuse(at, `expected null, got ${nameOfType(value)}`);

export const anything: Check<unknown> = (value) => value;

export function list<T>(check: Check<T>, max: number): Check<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) return refuse(at, `expected list, got ${nameOfType(value)}`);
    if (value.length > max) refuse(at, `list must have at most ${max} items, got ${value.length}`);
    return value.map((item, index) => check(item, `${at}[${index}]`));
  };
}

/** A tagged union. Members without a value may be given by their bare name; the others may not. */
export function union<M extends Record<string, Check<unknown> | null>>(
  members: M,
): Check<{ tag: keyof M & string; value: unknown }> {
  return (value, at) => {
    const shorthand = typeof value === 'string';
    const given = shorthand ? { '.tag': value } : (value as Record<string, unknown> | null);
    if (typeof given !== 'object' || given === null) return refuse(at, `expected union, got ${nameOfType(value)}`);
    const tag = given['.tag'];
    if (typeof tag !== 'string') return refuse(at, "missing '.tag' key");
    if (!Object.hasOwn(members, tag)) return refuse(at, `unknown tag '${tag}'`);
    const member = members[tag];
    if (!member) return { tag, value: undefined };
    if (shorthand) return refuse(at, `shorthand is not allowed for non-Void members; '${tag}' needs a value`);
    return { tag, value: member(given[tag], `${at}.${tag}`) };
  };
}

function nameOfType(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}

/** Whole seconds in UTC and nothing else, as `DropboxTimestamp`. */
export const timestamp: Check<number> = (value, at) => {
  const time =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time)
    ? refuse(at, `time data '${String(value)}' does not match format '%Y-%m-%dT%H:%M:%SZ'`)
    : time;
};

export const readPath = text(/(\/(.|[\r\n])*|id:.*)|(rev:[0-9a-f]{9,})|(ns:[0-9]+(\/.*)?)/);
export const writePath = text(/(\/(.|[\r\n])*)|(ns:[0-9]+(\/.*)?)/);
export const writePathOrId = text(/(\/(.|[\r\n])*)|(ns:[0-9]+(\/.*)?)|(id:.*)/);
export const folderPath = text(/(\/(.|[\r\n])*)?|id:.*|(ns:[0-9]+(\/.*)?)/);
export const revision = text(/[0-9a-f]+/, { min: 9 });
export const contentHash = text(undefined, { min: 64, max: 64 });
