import { createHash, randomBytes } from 'node:crypto';
import type { Account } from './accounts.ts';
import type { EmulatorClock } from './clock.ts';
import type { Database } from './database.ts';
import { unauthorized } from './errors.ts';

/** What an account allowed the app: dies as a whole, with all its tokens, when any of them is revoked. */
export interface Grant {
  readonly id: string;
  readonly account: string;
  readonly scopes: readonly string[];
  readonly refreshToken: string | null;
  /** Obtained with PKCE: refreshing needs no secret. */
  readonly pkce: boolean;
}

interface AccessToken {
  readonly token: string;
  readonly grant: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
}

export interface Grants {
  create(account: Account, scopes: readonly string[], offline: boolean, pkce: boolean): Grant;
  /** A new access token of the grant, with all its scopes or fewer. */
  issue(grant: Grant, lifeMs: number, scopes?: readonly string[]): string;
  /** Throws the 401 that Dropbox would answer with. */
  check(token: string): { grant: Grant; scopes: readonly string[] };
  byRefreshToken(refreshToken: string): Grant | undefined;
  /** Accounts that have allowed the app, and so are named in its webhooks. */
  linked(): Set<string>;
  revoke(token: string): void;
  expire(token?: string): void;
}

const secretText = (bytes: number): string => randomBytes(bytes).toString('base64url');
const fold = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export function openGrants({ records }: Database, clock: EmulatorClock): Grants {
  const find = (token: string): AccessToken | undefined => records.get<AccessToken>('accessToken', fold(token));
  return {
    create(account, scopes, offline, pkce) {
      const grant: Grant = {
        id: secretText(9),
        account: account.id,
        scopes,
        refreshToken: offline ? secretText(48) : null,
        pkce,
      };
      records.put('grant', grant.id, grant);
      if (grant.refreshToken) records.put('refreshToken', fold(grant.refreshToken), grant.id);
      return grant;
    },
    issue(grant, lifeMs, scopes = grant.scopes) {
      const token = `sl.${secretText(60)}`;
      const issued: AccessToken = { token, grant: grant.id, scopes, expiresAt: clock.now() + lifeMs };
      records.put('accessToken', fold(token), issued);
      return token;
    },
    check(token) {
      const found = find(token);
      const grant = found && records.get<Grant>('grant', found.grant);
      if (!found || !grant) throw unauthorized('invalid_access_token');
      if (found.expiresAt <= clock.now()) throw unauthorized('expired_access_token');
      return { grant, scopes: found.scopes };
    },
    byRefreshToken(refreshToken) {
      const id = records.get<string>('refreshToken', fold(refreshToken));
      return id === undefined ? undefined : records.get<Grant>('grant', id);
    },
    linked: () => new Set(records.all<Grant>('grant').map((grant) => grant.account)),
    revoke(token) {
      const found = find(token);
      if (found) records.remove('grant', found.grant);
    },
    expire(token) {
      for (const each of token === undefined ? records.all<AccessToken>('accessToken') : [find(token)]) {
        if (each) records.put('accessToken', fold(each.token), { ...each, expiresAt: 0 });
      }
    },
  };
}
