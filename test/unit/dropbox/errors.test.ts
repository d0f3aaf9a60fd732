import { describe, expect, test } from 'vitest';
import type { DossierError, ErrorCode } from '../../../shared/core/errors.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import { createDropboxDrive } from '../../../shared/drives/dropbox/index.ts';
import { type ScriptedAnswer, scriptedHttp } from '../../support/scriptedHttp.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const clock = createVirtualClock({ start: Date.UTC(2026, 10, 21, 12, 0, 0) });
const union = (...tags: string[]): Record<string, unknown> => {
  const [tag = '', ...inner] = tags;
  return inner.length === 0 ? { '.tag': tag } : { '.tag': tag, [tag]: union(...inner) };
};
const routeError = (...tags: string[]): ScriptedAnswer => ({
  status: 409,
  json: { error_summary: `${tags.join('/')}/..`, error: union(...tags) },
});

/** What a call ends in that gets this answer. */
async function errorOf(answer: ScriptedAnswer, call: 'account' | 'remove' | 'move' = 'remove'): Promise<DossierError> {
  const http = scriptedHttp(({ route }) =>
    route === 'users/get_current_account' && call !== 'account'
      ? { json: { account_id: 'dbid:1', root_info: {} } }
      : answer,
  );
  const drive = createDropboxDrive({ http, clock });
  const ref = { path: '/a' as typeof rootPath };
  const calls = {
    account: () => drive.account(),
    remove: () => drive.remove(ref),
    move: () => drive.move(ref, { path: rootPath }, 'b'),
  };
  return calls[call]().then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error as DossierError,
  );
}

describe('every refusal of Dropbox has one code', () => {
  test.each<[string, ScriptedAnswer, ErrorCode]>([
    [
      'malformed argument, in plain text',
      {
        status: 400,
        text: "Error in call to API function \"files/delete_v2\": request body: path: 'x' did not match pattern '(/(.|[\\r\\n])*)'",
      },
      'invalid-path',
    ],
    [
      'a name outside the basic plane',
      { status: 400, text: "request body: path: '/😀' is not part of the Unicode Basic Multilingual Plane" },
      'invalid-path',
    ],
    [
      'another 400',
      {
        status: 400,
        text: 'Error in call to API function "files/upload": HTTP header "Dropbox-API-Arg": could not decode input as JSON',
      },
      'invalid-input',
    ],
    [
      'malformed token',
      { status: 400, text: 'Error in call to API function "x": The given OAuth 2 access token is malformed.' },
      'unauthorized',
    ],
    [
      'expired token',
      { status: 401, json: { error_summary: 'expired_access_token/..', error: { '.tag': 'expired_access_token' } } },
      'unauthorized',
    ],
    [
      'revoked token',
      { status: 401, json: { error_summary: 'invalid_access_token/', error: { '.tag': 'invalid_access_token' } } },
      'unauthorized',
    ],
    ['empty 401', { status: 401, text: '' }, 'unauthorized'],
    [
      'missing scope',
      {
        status: 401,
        json: {
          error_summary: 'missing_scope/',
          error: { '.tag': 'missing_scope', required_scope: 'files.content.write' },
        },
      },
      'forbidden',
    ],
    ['access error', { status: 403, json: { error: union('paper_access_denied', 'not_paper_user') } }, 'forbidden'],
    ['request time-out', { status: 408, text: '' }, 'timeout'],
    ['payload too large', { status: 413, text: 'Request Entity Too Large' }, 'too-large'],
    ['locked', { status: 423, text: '' }, 'locked'],
    ['headers too large', { status: 431, text: '' }, 'too-large'],
    [
      'rate limit as JSON',
      { status: 429, json: { error: { reason: { '.tag': 'too_many_requests' } } } },
      'rate-limited',
    ],
    ['rate limit as text', { status: 429, text: 'too_many_requests' }, 'rate-limited'],
    ['500 without a body', { status: 500, text: '' }, 'server-error'],
    ['502 of a proxy', { status: 502, text: '<html><h1>502 Bad Gateway</h1></html>' }, 'server-error'],
    ['503 without a body', { status: 503, text: '' }, 'server-error'],
    ['507', { status: 507, text: '' }, 'quota-exceeded'],
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' }, text: '' }, 'invalid-response'],
    ['404 of something else', { status: 404, text: 'no such page' }, 'invalid-response'],
    ['200 that is not JSON', { status: 200, text: '{"entries": [{"name": "a", ' }, 'invalid-response'],
    ['409 that is not JSON', { status: 409, text: 'conflict' }, 'server-error'],
    ['409 with a tag nobody knows', routeError('brand_new_tag'), 'server-error'],
  ])('%s', async (_, answer, code) => {
    expect((await errorOf(answer, 'account')).code).toBe(code);
  });

  test.each<[readonly string[], ErrorCode]>([
    [['path_lookup', 'malformed_path'], 'invalid-path'],
    [['path_lookup', 'not_file'], 'type-mismatch'],
    [['path_lookup', 'restricted_content'], 'forbidden'],
    [['path_lookup', 'locked'], 'locked'],
    [['path_write', 'no_write_permission'], 'forbidden'],
    [['path_write', 'insufficient_space'], 'quota-exceeded'],
    [['path_write', 'disallowed_name'], 'invalid-path'],
    [['path_write', 'conflict', 'file'], 'already-exists'],
    [['path_write', 'conflict', 'file_ancestor'], 'type-mismatch'],
    [['path_write', 'upload_traffic_limit_reached'], 'quota-exceeded'],
    [['path_write', 'too_many_write_operations'], 'rate-limited'],
    [['too_many_write_operations'], 'rate-limited'],
    [['too_many_files'], 'too-large'],
    [['other'], 'server-error'],
  ])('409 %j', async (tags, code) => {
    expect((await errorOf(routeError(...tags))).code).toBe(code);
  });

  test('a move into a folder that is gone is parent-missing, a source that is gone not-found', async () => {
    expect((await errorOf(routeError('to', 'conflict', 'other'), 'move')).code).toBe('parent-missing');
    expect((await errorOf(routeError('from_lookup', 'not_found'), 'move')).code).toBe('not-found');
  });
});

describe('how long to wait', () => {
  const limited = async (
    headers: Record<string, string>,
    json: unknown = { error: { reason: { '.tag': 'too_many_requests' } } },
  ) => (await errorOf({ status: 429, headers, json })).retryAfterMs;

  test('what the header says, in seconds or as a date', async () => {
    expect(await limited({ 'retry-after': '15' })).toBe(15_000);
    expect(await limited({ 'retry-after': '0.5' })).toBe(500);
    expect(await limited({ 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' })).toBe(30_000);
    expect(await limited({ 'retry-after': '99999999999' })).toBe(99_999_999_999_000);
  });

  test('what the body says where the header is missing', async () => {
    expect(await limited({}, { error: { reason: { '.tag': 'too_many_requests' }, retry_after: 3 } })).toBe(3000);
  });

  test.each(['soon', '-5', '', 'NaN', '1e400', 'Sat, 21 Nov 2020 12:00:30 GMT'])(
    'nonsense (%j) counts as nothing said',
    async (text) => {
      expect(await limited({ 'retry-after': text })).toBeUndefined();
    },
  );

  test('503 may ask for a pause as well', async () => {
    expect((await errorOf({ status: 503, headers: { 'retry-after': '7' }, text: '' })).retryAfterMs).toBe(7000);
  });
});

describe('messages', () => {
  test('name the missing permission and what to do', async () => {
    const { message } = await errorOf({
      status: 401,
      json: { error: { '.tag': 'missing_scope', required_scope: 'files.content.read' } },
    });
    expect(message).toContain('files.content.read');
    expect(message).toContain('App Console');
  });

  test('hold no secret and no invisible character, even when the server repeats them', async () => {
    const secret = 'sl.u.AbCdEfGhIjKlMnOp';
    const { message } = await errorOf({
      status: 409,
      json: {
        error: { '.tag': 'other' },
        user_message: { text: `no \u202e ${secret} at https://x/?access_token=abcdefgh` },
      },
    });
    expect(message).not.toMatch(/AbCdEf|abcdefgh|\u202e/);
  });

  test('the text of a 400, which repeats what was sent, is not shown', async () => {
    const { message } = await errorOf({
      status: 400,
      text: 'Invalid authorization value in HTTP header "Authorization": "Bearer sl.secretsecret"',
    });
    expect(message).not.toContain('secretsecret');
  });
});
