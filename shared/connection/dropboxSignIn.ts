import { createHash } from 'node:crypto';
import { drain, equalBytes, toHex, utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import type { Clock, HttpPort, RandomBytes } from '../core/ports.ts';
import { say } from '../core/sentence.ts';
import type { Context } from '../drive/drive.ts';
import {
  type DropboxApp,
  type DropboxAuthEndpoints,
  type DropboxJob,
  dropboxAuthEndpoints,
  dropboxScopes,
} from './dropboxApp.ts';
import { type DropboxTokens, requestTokens } from './dropboxTokens.ts';

/** A sign-in that is under way: kept in memory until the browser comes back. */
export interface DropboxSignIn {
  /** To be opened in the browser. */
  readonly url: string;
  /** Where Dropbox sends the browser; absent when the user copies the code from the page. */
  readonly redirectUri?: string;
  readonly state: string;
  readonly verifier: string;
}

export interface DropboxSignInOptions {
  readonly app: DropboxApp;
  readonly job: DropboxJob;
  /** One of `dropboxRedirectUris`, or another address that is registered for the app. */
  readonly redirectUri?: string;
  readonly randomBytes: RandomBytes;
  readonly endpoints?: DropboxAuthEndpoints;
}

/** OAuth 2 authorization code with PKCE (RFC 7636, S256) and offline access: the app needs no secret. */
export function beginDropboxSignIn({
  app,
  job,
  redirectUri,
  randomBytes,
  endpoints = dropboxAuthEndpoints,
}: DropboxSignInOptions): DropboxSignIn {
  const [state, verifier] = [toHex(randomBytes(16)), toHex(randomBytes(32))];
  const query = new URLSearchParams({
    client_id: app.key,
    response_type: 'code',
    token_access_type: 'offline',
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    scope: dropboxScopes[job].join(' '),
    ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri, state }),
  });
  return {
    url: `${endpoints.authorize}?${query.toString()}`,
    ...(redirectUri === undefined ? {} : { redirectUri }),
    state,
    verifier,
  };
}

/**
 * The code in what came back: the address the browser was sent to, or what a user pasted, which is the code alone or
 * that same address. An address with another `state` is somebody else's sign-in and is refused.
 */
export function dropboxCode({ state }: DropboxSignIn, came: string): string {
  const text = came.trim();
  if (!/^https?:\/\//i.test(text)) return demandCode(text);
  if (!URL.canParse(text))
    throw new DossierError('invalid-input', 'That is not the address that the browser was sent to', {
      operation: 'sign-in',
      where: 'dropbox',
    });
  const query = new URL(text).searchParams;
  if (!equalBytes(utf8(query.get('state') ?? ''), utf8(state))) {
    throw new DossierError('unauthorized', 'The browser came back with an answer to another sign-in', {
      operation: 'sign-in',
      where: 'dropbox',
    });
  }
  if (query.get('error') === 'access_denied')
    throw new DossierError('cancelled', 'The permission was not given', { operation: 'sign-in', where: 'dropbox' });
  return demandCode(query.get('code') ?? '');
}

function demandCode(code: string): string {
  if (!/^[\w-]{8,512}$/.test(code))
    throw new DossierError('invalid-input', 'That is not a code of Dropbox: copy it once more', {
      operation: 'sign-in',
      where: 'dropbox',
    });
  return code;
}

/** Turns the code into tokens; a code works once. */
export async function finishDropboxSignIn(
  http: HttpPort,
  clock: Clock,
  app: DropboxApp,
  signIn: DropboxSignIn,
  code: string,
  endpoints: DropboxAuthEndpoints = dropboxAuthEndpoints,
): Promise<DropboxTokens> {
  const { redirectUri, verifier } = signIn;
  const grant = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri }),
  };
  const tokens = await requestTokens(http, clock, app, grant, endpoints);
  if (tokens.refreshToken === undefined)
    throw new DossierError('invalid-response', 'Dropbox gave no lasting sign-in', {
      operation: 'sign-in',
      where: 'dropbox',
    });
  return tokens;
}

/**
 * Ends the sign-in of `http` at Dropbox: the access token, the refresh token and all that came from it stop working.
 * https://www.dropbox.com/developers/documentation/http/documentation#auth-token-revoke
 */
export async function revokeDropboxSignIn(
  http: HttpPort,
  { api }: Pick<DropboxAuthEndpoints, 'api'> = dropboxAuthEndpoints,
  { signal }: Context = {},
): Promise<void> {
  const { status, body } = await http.send({
    method: 'POST',
    url: `${api}/2/auth/token/revoke`,
    ...(signal && { signal }),
  });
  await drain(body);
  // Refused means that it had ended already.
  if (status < 300 || status === 400 || status === 401) return;
  throw new DossierError(
    'server-error',
    say`Dropbox did not end the sign-in (${status}): end it in the settings of the account, under connected apps`,
    { operation: 'revoke', where: 'dropbox', status },
  );
}
