/** Who is asking: session cookie, app password, or login password. */

import type { Account } from './accounts.ts';
import { DavError } from './davError.ts';
import type { Exchange } from './exchange.ts';
import type { Site } from './site.ts';

export const loginChallenge = 'Basic realm="Nextcloud", charset="UTF-8"';

interface Credentials {
  readonly login: string | undefined;
  readonly secret: string;
}

function readCredentials(header: string | undefined): Credentials | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(/ +/, 2);
  if (scheme.toLowerCase() === 'bearer') return { login: undefined, secret: value };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { login: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
}

function sessionOf(exchange: Exchange, site: Site): Account | undefined {
  for (const pair of (exchange.header('cookie') ?? '').split(/; */)) {
    const [name, value] = pair.split('=', 2);
    const account = name === site.instanceId && value !== undefined ? site.sessions.find(value) : undefined;
    if (account !== undefined) return account;
  }
  return undefined;
}

/** Credentials are compared only with an account that they name, if they name one. */
function accountFor({ login, secret }: Credentials, site: Site): Account | undefined {
  const holder = site.accounts.byAppPassword(secret);
  if (holder !== undefined && (login === undefined || login === holder.loginName || login === holder.userId))
    return holder;
  const named = login === undefined ? undefined : site.accounts.byLogin(login);
  if (named === undefined || named.password !== secret) return undefined;
  if (named.secondFactor) throw new DavError('PasswordLoginForbidden', '', { 'WWW-Authenticate': loginChallenge });
  return named;
}

export function appPasswordIn(exchange: Exchange): string | undefined {
  return readCredentials(exchange.header('authorization'))?.secret;
}

/** Signs the request in, or refuses it. */
export function authenticate(exchange: Exchange, site: Site): Account {
  const address = exchange.request.socket.remoteAddress ?? '';
  if (site.switches.bruteForceProtection && site.throttle.isBlocked(address)) {
    throw new DavError('TooManyRequests', 'Reached maximum delay');
  }
  const session = site.switches.cookieSessions ? sessionOf(exchange, site) : undefined;
  if (session !== undefined) return usable(session);
  const credentials = readCredentials(exchange.header('authorization'));
  const account = credentials === undefined ? undefined : accountFor(credentials, site);
  if (account === undefined) {
    if (credentials !== undefined) site.throttle.fail(address);
    throw notAuthenticated(credentials !== undefined);
  }
  if (site.switches.cookieSessions) {
    exchange.extraHeaders['Set-Cookie'] =
      `${site.instanceId}=${site.sessions.open(account)}; path=/; HttpOnly; SameSite=Lax`;
  }
  return usable(account);
}

function usable(account: Account): Account {
  if (account.disabled) throw new DavError('ServiceUnavailable', 'Account disabled');
  return account;
}

function notAuthenticated(tried: boolean): DavError {
  const message = tried
    ? "Cannot authenticate over ajax calls, Username or password was incorrect, No 'Authorization: Bearer' header found."
    : "No public access to this resource., No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured";
  return new DavError('NotAuthenticated', message, { 'WWW-Authenticate': loginChallenge });
}
