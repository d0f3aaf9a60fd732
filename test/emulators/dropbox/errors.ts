/**
 * The ways in which Dropbox says no. Each is thrown as a `Refusal`, which already knows its status and its body;
 * the server only has to write it.
 */
export type TaggedError = { readonly '.tag': string } & Readonly<Record<string, unknown>>;

export interface Refusal {
  readonly refusal: true;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly json: unknown } | { readonly text: string; readonly type?: string };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refusal' in value;
}

/** Builds a union member: values that are unions themselves nest under the tag's name, structs are inlined. */
export function tagged(name: string, value?: Readonly<Record<string, unknown>>): TaggedError {
  if (!value) return { '.tag': name };
  return '.tag' in value ? { '.tag': name, [name]: value } : { '.tag': name, ...value };
}

/** Shorthand for nested unions without further values: `tagPath('path', 'conflict', 'file')`. */
export function tagPath(first: string, ...rest: readonly string[]): TaggedError {
  const [next, ...others] = rest;
  return next === undefined ? tagged(first) : tagged(first, tagPath(next, ...others));
}

let summaries = 0;

/** Ends in a varying number of dots, so that nobody compares it. */
export function summaryOf(error: TaggedError): string {
  const names: string[] = [];
  for (let at: unknown = error; typeof at === 'object' && at !== null && '.tag' in at; ) {
    const union = at as TaggedError;
    names.push(union['.tag']);
    at = union[union['.tag']] ?? union['reason'];
  }
  summaries += 1;
  return `${names.join('/')}/${'.'.repeat(summaries % 4)}`;
}

function refusal(status: number, body: Refusal['body'], headers: Readonly<Record<string, string>> = {}): Refusal {
  return { refusal: true, status, headers, body };
}

const tellJson = (status: number, error: TaggedError, extra: Readonly<Record<string, unknown>> = {}): Refusal =>
  refusal(status, { json: { error_summary: summaryOf(error), error, ...extra } });

/** 409: the route's own error. */
export const routeError = (error: TaggedError): Refusal => tellJson(409, error);

/** 400 in plain text: the request is malformed. */
export const badRequest = (route: string, why: string): Refusal =>
  refusal(400, { text: `Error in call to API function "${route}": ${why}` });

export const plainRefusal = (status: number, text: string, type?: string): Refusal =>
  refusal(status, type === undefined ? { text } : { text, type });

export const unauthorized = (tag: 'expired_access_token' | 'invalid_access_token'): Refusal =>
  tellJson(401, tagged(tag));

export const missingScope = (scope: string): Refusal =>
  tellJson(401, tagged('missing_scope', { required_scope: scope }));

/** 422: the `Dropbox-API-Path-Root` is not, or no longer, right; says what it is now. */
export const wrongPathRoot = (error: TaggedError): Refusal => tellJson(422, error);

export interface RateLimitShape {
  /** Seconds, any header text (`'soon'`), or `null` for an answer without the header. */
  readonly retryAfter: number | string | null;
  readonly body: 'json' | 'text';
}

export function rateLimited(reason: 'too_many_requests' | 'too_many_write_operations', shape: RateLimitShape): Refusal {
  const headers: Record<string, string> = shape.retryAfter === null ? {} : { 'Retry-After': String(shape.retryAfter) };
  if (shape.body === 'text') return refusal(429, { text: 'too_many_requests' }, headers);
  const error = {
    reason: tagged(reason),
    ...(typeof shape.retryAfter === 'number' ? { retry_after: shape.retryAfter } : {}),
  };
  return refusal(429, { json: { error_summary: summaryOf(tagged(reason)), error } }, headers);
}

/** OAuth errors have a shape of their own. */
export const oauthError = (error: string, description: string): Refusal =>
  refusal(400, { json: { error, error_description: description } });
