import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Answer, htmlAnswer, jsonAnswer, redirectAnswer } from './answer.ts';
import { authorizePage, codePage, problemPage } from './authorizePage.ts';
import { oauthError } from './errors.ts';
import type { Behaviour } from './options.ts';
import type { Exchange } from './server.ts';
import type { Service } from './service.ts';

const codeLifeMs = 600_000;

interface Code {
  readonly account: string;
  readonly redirectUri: string | null;
  readonly challenge: string | null;
  readonly method: string;
  readonly scopes: readonly string[];
  readonly offline: boolean;
  readonly expiresAt: number;
}

/** `/oauth2/authorize`: asks the person in front of the browser. */
export async function answerAuthorize({ request, url, body }: Exchange, service: Service): Promise<Answer> {
  const posted = request.method === 'POST' ? await readForm(body) : undefined;
  const asked = posted ?? url.searchParams;
  const { app, accounts } = service;
  const redirectUri = asked.get('redirect_uri');
  const problem = problemWith(asked, service);
  // An address that is not registered is never redirected to.
  if (problem) return htmlAnswer(400, problemPage(problem));
  if (!posted) {
    const scopes = grantable(asked, service);
    return htmlAnswer(200, authorizePage({ app, accounts: accounts.all(), asked, scopes }));
  }

  const back = (answer: Readonly<Record<string, string>>): Answer => {
    const target = new URL(redirectUri ?? '');
    for (const [name, value] of Object.entries(answer)) target.searchParams.set(name, value);
    const state = asked.get('state');
    if (state !== null) target.searchParams.set('state', state);
    return redirectAnswer(target.href);
  };
  if (posted.get('decision') !== 'allow') {
    const why = 'The user chose not to give the app access to their account.';
    const denied = { error: 'access_denied', error_description: why };
    return redirectUri === null ? htmlAnswer(200, problemPage(why)) : back(denied);
  }
  const chosen = accounts.all().find((account) => account.id === posted.get('account')) ?? accounts.all()[0]!;
  const code = createCode(asked, chosen.id, service);
  return redirectUri === null ? htmlAnswer(200, codePage(app, code)) : back({ code });
}

function isSafe(redirectUri: string, { schemeRedirect }: Behaviour): boolean {
  const { protocol, hostname } = new URL(redirectUri);
  if (protocol === 'http:') return ['localhost', '127.0.0.1'].includes(hostname);
  return protocol === 'https:' || schemeRedirect === 'accept';
}

function problemWith(asked: URLSearchParams, { app, behaviour }: Service): string | undefined {
  const redirectUri = asked.get('redirect_uri');
  if (asked.get('client_id') !== app.key) return `Invalid client_id: "${asked.get('client_id') ?? ''}".`;
  if (asked.get('response_type') !== 'code') return 'Invalid response_type: only "code" is emulated.';
  if (redirectUri !== null && !app.redirectUris.includes(redirectUri)) {
    const rule = 'It must exactly match one of the redirect URIs that are configured for the app, including the path.';
    return `Invalid redirect_uri: "${redirectUri}": ${rule}`;
  }
  if (redirectUri !== null && !isSafe(redirectUri, behaviour)) {
    return `Invalid redirect_uri: "${redirectUri}": It must use https, except for localhost.`;
  }
  const method = asked.get('code_challenge_method');
  if (asked.has('code_challenge') && method !== 'S256' && method !== 'plain') return 'Invalid code_challenge_method.';
  return undefined;
}

/** What is asked for, as far as it is ticked in the app's settings. */
function grantable(asked: URLSearchParams, { app }: Service): string[] {
  const scopes = asked.get('scope')?.split(/\s+/).filter(Boolean);
  return scopes ? scopes.filter((scope) => app.scopes.includes(scope)) : [...app.scopes];
}

function createCode(asked: URLSearchParams, account: string, service: Service): string {
  const code = randomBytes(32).toString('base64url');
  const kept: Code = {
    account,
    redirectUri: asked.get('redirect_uri'),
    challenge: asked.get('code_challenge'),
    method: asked.get('code_challenge_method') ?? 'plain',
    scopes: grantable(asked, service),
    offline: asked.get('token_access_type') === 'offline',
    expiresAt: service.clock.now() + codeLifeMs,
  };
  service.database.records.put('code', code, kept);
  return code;
}

/** `/oauth2/token`: a code or a refresh token for an access token. */
export async function answerToken({ request, url, body }: Exchange, service: Service): Promise<Answer> {
  const form = await readForm(body);
  // Some clients put the parameters into the URL; the service takes them from there as well.
  for (const [name, value] of url.searchParams) if (!form.has(name)) form.set(name, value);
  const confidential = authenticate(request.headers.authorization, form, service);
  const grantType = form.get('grant_type');
  if (grantType === 'authorization_code') return exchangeCode(form, confidential, service);
  if (grantType === 'refresh_token') return refresh(form, confidential, service);
  throw oauthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token');
}

/** Whether the client proved itself with its secret. A wrong secret is refused even where none is needed. */
function authenticate(header: string | undefined, form: URLSearchParams, { app }: Service): boolean {
  const basic = /^Basic (.+)$/i.exec(header ?? '')?.[1];
  const [id, secret] =
    basic === undefined
      ? [form.get('client_id'), form.get('client_secret')]
      : Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
  if (id !== app.key || (secret && !equal(secret, app.secret))) {
    throw oauthError('invalid_client', 'Invalid client_id or client_secret');
  }
  return Boolean(secret);
}

const equal = (a: string, b: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
};

function exchangeCode(form: URLSearchParams, confidential: boolean, service: Service): Answer {
  const { records } = service.database;
  const text = form.get('code') ?? '';
  const code = records.get<Code>('code', text);
  // A code is good once, whatever comes of it.
  records.remove('code', text);
  if (!code || code.expiresAt <= service.clock.now()) {
    throw oauthError('invalid_grant', "code doesn't exist or has expired");
  }
  if (code.redirectUri !== form.get('redirect_uri')) throw oauthError('invalid_grant', 'redirect_uri mismatch');
  const verifier = form.get('code_verifier');
  if (code.challenge !== null) {
    if (verifier === null || !verifies(verifier, code)) throw oauthError('invalid_grant', 'invalid code verifier');
  } else if (!confidential) {
    throw oauthError('invalid_client', 'client_secret or code_verifier is required');
  }
  const account = service.accounts.get(code.account);
  const grant = service.grants.create(account, code.scopes, code.offline, code.challenge !== null);
  return jsonAnswer({
    ...tokenFor(grant, grant.scopes, service),
    ...(grant.refreshToken === null ? {} : { refresh_token: grant.refreshToken }),
    scope: grant.scopes.join(' '),
    uid: String(account.uid),
    account_id: account.id,
  });
}

function verifies(verifier: string, { method, challenge }: Code): boolean {
  if (!/^[-._~0-9A-Za-z]{43,128}$/.test(verifier)) return false;
  return challenge === (method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier);
}

function refresh(form: URLSearchParams, confidential: boolean, service: Service): Answer {
  const grant = service.grants.byRefreshToken(form.get('refresh_token') ?? '');
  if (!grant) throw oauthError('invalid_grant', 'refresh token is invalid or revoked');
  if (!confidential && !grant.pkce) throw oauthError('invalid_client', 'client_secret is required');
  const fewer = form.get('scope')?.split(/\s+/).filter(Boolean);
  if (fewer?.some((scope) => !grant.scopes.includes(scope))) {
    throw oauthError('invalid_scope', 'scope must be a subset of what was granted');
  }
  return jsonAnswer(tokenFor(grant, fewer ?? grant.scopes, service));
}

function tokenFor(
  grant: Parameters<Service['grants']['issue']>[0],
  scopes: readonly string[],
  { grants, limits }: Service,
) {
  const life = limits.accessTokenLifeMs;
  return { access_token: grants.issue(grant, life, scopes), token_type: 'bearer', expires_in: Math.floor(life / 1000) };
}

async function readForm(body: AsyncIterable<Uint8Array>): Promise<URLSearchParams> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > 64 * 1024) throw oauthError('invalid_request', 'the form is too large');
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'));
}
