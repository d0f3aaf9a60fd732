import { fromUtf8Lossy, readBytes, utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { isRecord, parseJson } from '../core/json.ts';
import type { Clock, HttpPort, HttpRequest } from '../core/ports.ts';
import { type Sentence, say } from '../core/sentence.ts';
import { type DropboxApp, type DropboxAuthEndpoints, dropboxAuthEndpoints } from './dropboxApp.ts';

/** A sign-in. A secret: belongs into the host's secret store and nowhere else. */
export interface DropboxTokens {
  readonly accessToken: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
  readonly refreshToken?: string;
  /** Scopes that were granted. */
  readonly scopes?: readonly string[];
}

export interface TokenSource {
  /** An access token that should still be good. */
  token(): Promise<string>;
  /** A new one after the server refused `refused`; of many callers at once only one asks. */
  renew(refused: string): Promise<string>;
}

export interface TokenSourceOptions {
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly app: DropboxApp;
  readonly tokens: DropboxTokens;
  /** Stores renewed tokens; they are used only once it resolves. */
  readonly save: (tokens: DropboxTokens) => Promise<void>;
  readonly endpoints?: DropboxAuthEndpoints;
}

/** Renewed this long before the end, so that a token does not run out on the way. */
const marginMs = 60_000;

export function createTokenSource({
  http,
  clock,
  app,
  tokens,
  save,
  endpoints = dropboxAuthEndpoints,
}: TokenSourceOptions): TokenSource {
  let current = tokens;
  let renewing: Promise<string> | undefined;

  const renewNow = async (): Promise<string> => {
    const { refreshToken } = current;
    if (refreshToken === undefined)
      throw new DossierError('unauthorized', 'The Dropbox sign-in of this connection has ended', { where: 'dropbox' });
    const renewed = await requestTokens(
      http,
      clock,
      app,
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      endpoints,
    );
    // Dropbox keeps the refresh token and does not repeat it.
    const kept = { ...current, ...renewed };
    await save(kept);
    current = kept;
    return kept.accessToken;
  };
  const renew = async (): Promise<string> => (renewing ??= renewNow().finally(() => (renewing = undefined)));

  return {
    async token() {
      const isStale = clock.now() > current.expiresAt - marginMs;
      return isStale && current.refreshToken !== undefined ? renew() : current.accessToken;
    },
    renew: async (refused) => (current.accessToken === refused ? renew() : current.accessToken),
  };
}

/** Adds the token to every request that is not anonymous, and once renews one that Dropbox no longer takes. */
export function withBearer(http: HttpPort, tokens: TokenSource): HttpPort {
  return {
    async send(request) {
      if (request.anonymous) return http.send(request);
      const token = await tokens.token();
      const response = await http.send(authorized(request, token));
      if (response.status !== 401) return response;
      const body = await readBytes(response.body, 65_536);
      // Signing in anew would not bring a permission that is missing.
      if (/missing_scope|route_access_denied/.test(fromUtf8Lossy(body))) return { ...response, body: once(body) };
      return http.send(authorized(request, await tokens.renew(token)));
    },
  };
}

function authorized(request: HttpRequest, token: string): HttpRequest {
  return { ...request, headers: { ...request.headers, Authorization: `Bearer ${token}` } };
}

async function* once(body: Uint8Array): AsyncIterable<Uint8Array> {
  yield body;
}

/** One call of the token endpoint. Everything secret is in the body: addresses end up in logs of proxies. */
export async function requestTokens(
  http: HttpPort,
  clock: Clock,
  app: DropboxApp,
  grant: Readonly<Record<string, string>>,
  endpoints: DropboxAuthEndpoints,
): Promise<DropboxTokens> {
  const form = new URLSearchParams({
    ...grant,
    client_id: app.key,
    ...(app.secret === undefined ? {} : { client_secret: app.secret }),
  });
  const response = await http.send({
    method: 'POST',
    url: `${endpoints.api}/oauth2/token`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: utf8(form.toString()),
    anonymous: true,
  });
  const text = fromUtf8Lossy(await readBytes(response.body, 65_536));
  if (response.status !== 200) throw refusal(response.status, text, grant);
  return parseTokens(text, clock.now());
}

function parseTokens(text: string, now: number): DropboxTokens {
  const answer = parseJson(text, 'invalid-response', say`The answer of the Dropbox sign-in`);
  if (!isRecord(answer) || typeof answer['access_token'] !== 'string')
    throw new DossierError('invalid-response', 'Dropbox gave no access token', { where: 'dropbox' });
  const { access_token: accessToken, expires_in: seconds, refresh_token: refreshToken, scope } = answer;
  return {
    accessToken,
    expiresAt: typeof seconds === 'number' && seconds > 0 ? now + seconds * 1000 : Number.MAX_SAFE_INTEGER,
    ...(typeof refreshToken === 'string' ? { refreshToken } : {}),
    ...(typeof scope === 'string' ? { scopes: scope.split(' ').filter(Boolean) } : {}),
  };
}

const sayings: Readonly<Record<string, Sentence>> = {
  invalid_grant: say`Dropbox no longer knows this sign-in: it was disconnected, or the code was used or is too old`,
  invalid_client: say`Dropbox does not know the app key, or the app secret is wrong`,
  unauthorized_client: say`The Dropbox app does not allow this kind of sign-in`,
};

/** The body names the error and may quote what was sent, so nothing of it goes into the message. */
function refusal(
  status: number,
  text: string,
  { redirect_uri: redirectUri }: Readonly<Record<string, string>>,
): DossierError {
  const code = /"error"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? '';
  const details = { operation: 'sign-in', where: 'dropbox', status };
  if (status === 429) return new DossierError('rate-limited', undefined, details);
  if (status >= 500) return new DossierError('server-error', 'The sign-in service of Dropbox failed', details);
  if (/redirect_uri/i.test(text) && redirectUri !== undefined) {
    return new DossierError(
      'invalid-input',
      say`The redirect address is not registered: add exactly ${redirectUri} in the App Console of the Dropbox app`,
      details,
    );
  }
  return new DossierError('unauthorized', sayings[code] ?? say`Dropbox refused the sign-in (${status})`, details);
}
