import { DossierError, type DossierErrorDetails, type ErrorCode } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { printable } from '../../core/paths.ts';
import { redact } from '../../core/redact.ts';
import { refusalOf } from '../../core/refusal.ts';
import { type Sentence, say } from '../../core/sentence.ts';

/**
 * What the tags of a route's error mean. A key is one tag, or several joined by `/`; the longest key that is part of
 * the error, counted from its innermost tag outwards, decides. https://github.com/dropbox/dropbox-api-spec
 * (files.stone, auth.stone)
 */
const meaningOfTags: Readonly<Record<string, ErrorCode>> = {
  'not_found': 'not-found',
  'session/not_found': 'session-expired',
  // Only its last chunk closes a session, so whatever an append to a closed one brings is there already.
  'session/closed': 'already-exists',
  'lookup_failed/not_found': 'session-expired',
  'lookup_failed/closed': 'session-expired',
  'to/not_found': 'parent-missing',
  'not_file': 'type-mismatch',
  'not_folder': 'type-mismatch',
  'conflict': 'already-exists',
  'conflict/file_ancestor': 'type-mismatch',
  // Said of a path below an id that is gone: every write of ours names its folder by id.
  'conflict/other': 'parent-missing',
  'malformed_path': 'invalid-path',
  'disallowed_name': 'invalid-path',
  'unsupported_file': 'unsupported',
  'unsupported_content_type': 'unsupported',
  'encryption_not_supported': 'unsupported',
  'restricted_content': 'forbidden',
  'no_write_permission': 'forbidden',
  'access_restricted': 'forbidden',
  'operation_suppressed': 'forbidden',
  'team_folder': 'forbidden',
  'email_not_verified': 'forbidden',
  'not_allowed': 'forbidden',
  'cant_move_shared_folder': 'forbidden',
  'cant_copy_shared_folder': 'forbidden',
  'cant_nest_shared_folder': 'forbidden',
  'cant_transfer_ownership': 'forbidden',
  'cant_move_into_vault': 'forbidden',
  'cant_move_into_family': 'forbidden',
  'cant_move_folder_into_itself': 'invalid-input',
  'duplicated_or_nested_paths': 'invalid-input',
  'concurrent_session_invalid_offset': 'invalid-input',
  'concurrent_session_invalid_data_size': 'invalid-input',
  'concurrent_session_data_not_allowed': 'invalid-input',
  'concurrent_session_close_not_allowed': 'invalid-input',
  'insufficient_space': 'quota-exceeded',
  'insufficient_quota': 'quota-exceeded',
  'team_folder_insufficient_space': 'quota-exceeded',
  'team_folder_insufficient_quota': 'quota-exceeded',
  'member_folder_insufficient_space': 'quota-exceeded',
  'member_folder_insufficient_quota': 'quota-exceeded',
  'upload_traffic_limit_reached': 'quota-exceeded',
  'too_many_write_operations': 'rate-limited',
  'too_many_requests': 'rate-limited',
  'too_many_files': 'too-large',
  'too_large': 'too-large',
  'payload_too_large': 'too-large',
  'content_hash_mismatch': 'integrity-mismatch',
  'length_mismatch': 'integrity-mismatch',
  'incorrect_offset': 'offset-mismatch',
  'not_closed': 'offset-mismatch',
  'concurrent_session_not_closed': 'offset-mismatch',
  'concurrent_session_missing_data': 'offset-mismatch',
  'locked': 'locked',
  'reset': 'cursor-reset',
  'internal_error': 'server-error',
  'other': 'server-error',
  'missing_scope': 'forbidden',
  'route_access_denied': 'forbidden',
  'user_suspended': 'forbidden',
};

/** Statuses whose body decides nothing. 409 is not among them: there the tags do. */
const meaningOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-input',
  401: 'unauthorized',
  403: 'forbidden',
  408: 'timeout',
  413: 'too-large',
  422: 'forbidden',
  423: 'locked',
  429: 'rate-limited',
  431: 'too-large',
  507: 'quota-exceeded',
};

/** A 400 is text for people. These are the sentences that say more than "you called wrongly". */
const meaningOfText: readonly (readonly [RegExp, ErrorCode])[] = [
  [/access token is malformed|invalid authorization value|must provide HTTP header "Authorization"/i, 'unauthorized'],
  [/\bpath\b.*(did not match pattern|Multilingual Plane)/is, 'invalid-path'],
];

/**
 * The unions of an error from the outside in. One inside another stands under its tag; structs are inlined and call it
 * `reason`.
 */
function layersOf(error: unknown): Record<string, unknown>[] {
  const layers: Record<string, unknown>[] = [];
  for (let at = error; isRecord(at) && layers.length < 8; ) {
    layers.push(at);
    const tag = at['.tag'];
    at = (typeof tag === 'string' ? at[tag] : undefined) ?? at['reason'];
  }
  return layers;
}

/** `['path', 'conflict', 'file']` */
function tagsOf(error: unknown): string[] {
  return layersOf(error).flatMap((layer) => (typeof layer['.tag'] === 'string' ? [layer['.tag']] : []));
}

function offsetIn(error: unknown): { readonly expectedOffset?: number } {
  const offset = layersOf(error).find((layer) => layer['correct_offset'] !== undefined)?.['correct_offset'];
  return typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 ? { expectedOffset: offset } : {};
}

function codeOfTags(tags: readonly string[]): ErrorCode | undefined {
  for (let end = tags.length; end > 0; end--) {
    for (let start = 0; start < end; start++) {
      const code = meaningOfTags[tags.slice(start, end).join('/')];
      if (code !== undefined) return code;
    }
  }
  return undefined;
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON, where it is. */
  readonly json: unknown;
}

/** Any answer but a success, as the one error it means. `now` is needed for a `Retry-After` that is a date. */
export function refusalError(
  { status, headers, text, json }: Refusal,
  now: number,
  details: DossierErrorDetails,
  area?: string,
): DossierError {
  const body = isRecord(json) ? json : {};
  const tags = tagsOf(body['error']);
  const code = meaningOf(status, text, area === undefined ? tags : [area, ...tags]);
  const retryAfterMs =
    code === 'rate-limited' || status >= 500 ? retryAfter(headers['retry-after'], body['error'], now) : undefined;
  const named = refusalOf(code, details.path);
  return new DossierError(code, sentence({ code, status, tags, body, named }), {
    ...details,
    where: 'dropbox',
    status,
    ...(scopeMissing(body) === undefined ? {} : { advice: null }),
    ...offsetIn(body['error']),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function meaningOf(status: number, text: string, tags: readonly string[]): ErrorCode {
  if (status === 409 || status === 401) {
    const code = codeOfTags(tags);
    if (code !== undefined) return code;
  }
  if (status === 400) {
    const found = meaningOfText.find(([pattern]) => pattern.test(text));
    if (found) return found[1];
  }
  return (
    meaningOfStatus[status] ?? (status >= 500 ? 'server-error' : status === 409 ? 'server-error' : 'invalid-response')
  );
}

interface Said {
  readonly code: ErrorCode;
  readonly status: number;
  readonly tags: readonly string[];
  readonly body: Record<string, unknown>;
  readonly named: Sentence | undefined;
}

function sentence({ code, status, tags, body, named }: Said): Sentence {
  const scope = scopeMissing(body);
  if (scope !== undefined) {
    return say`The sign-in does not include the permission ${said(scope)}: tick it in the App Console of your Dropbox app, then sign in again`;
  }
  if (code === 'unauthorized') return say`Dropbox no longer accepts the sign-in of this connection`;
  const shown = isRecord(body['user_message']) ? body['user_message']['text'] : undefined;
  if (typeof shown === 'string' && shown !== '') return say`Dropbox says: ${said(shown)}`;
  if (named) return named;
  return tags.length > 0 ? say`Dropbox answered ${status} (${said(tags.join('/'))})` : say`Dropbox answered ${status}`;
}

function scopeMissing({ error }: Record<string, unknown>): string | undefined {
  const scope = isRecord(error) ? error['required_scope'] : undefined;
  return typeof scope === 'string' ? scope : undefined;
}

/** Text of a server in a message of ours: short, visible, without secrets. */
function said(text: string): string {
  return printable(redact(text)).slice(0, 200);
}

/** `Retry-After` in seconds or as a date, or the figure in the body; nonsense counts as absent. */
function retryAfter(header: string | undefined, error: unknown, now: number): number | undefined {
  const inBody = isRecord(error) ? error['retry_after'] : undefined;
  const seconds =
    header === undefined
      ? inBody
      : /^\d+(\.\d+)?$/.test(header.trim())
        ? Number(header)
        : (Date.parse(header) - now) / 1000;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0
    ? Math.ceil(seconds * 1000)
    : undefined;
}

/** The failure of one entry of a batch, which has tags but no status. */
export function entryError(failure: unknown, details: DossierErrorDetails, area?: string): DossierError {
  const tags = tagsOf(failure);
  const code = codeOfTags(area === undefined ? tags : [area, ...tags]) ?? 'server-error';
  const answered = say`Dropbox answered ${said(tags.join('/')) || say`something unknown`}`;
  return new DossierError(code, refusalOf(code, details.path) ?? answered, {
    ...details,
    where: 'dropbox',
    ...offsetIn(failure),
  });
}
