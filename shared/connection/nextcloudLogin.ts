import { drain, utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError, throwIfCancelled } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import type { Clock, HttpPort } from '../core/ports.ts';
import type { Context } from '../drive/drive.ts';
import { ask, readAnswer } from './nextcloudAnswers.ts';

/** A sign-in that waits for a person. Holds a secret: not to be logged or stored. */
export interface PendingLogin {
  /** To be opened in the person's browser. */
  readonly loginUrl: string;
  readonly endpoint: string;
  readonly token: string;
  /** Of the installation. */
  readonly url: string;
  /** Milliseconds since 1970 UTC after which the server has forgotten it. */
  readonly expires: number;
}

export interface GrantedLogin {
  /** To sign in with; the user id may be another. */
  readonly loginName: string;
  readonly appPassword: string;
}

const lifetimeMs = 1_200_000;
const pollMs = 2_000;

/**
 * Begins Login Flow v2 (Nextcloud developer manual, "Login Flow"). `clientName` is what the person reads when asked for
 * the grant, and later in the list of devices. Whatever address the server names must be its own.
 */
export async function beginNextcloudLogin(
  http: HttpPort,
  clock: Clock,
  url: string,
  clientName: string,
  { signal }: Context = {},
): Promise<PendingLogin> {
  const headers = { 'User-Agent': clientName };
  const response = await ask(http, {
    method: 'POST',
    url: `${url}/index.php/login/v2`,
    headers,
    body: new Uint8Array(),
    anonymous: true,
    ...(signal && { signal }),
  });
  const { poll, login } = await readAnswer(response, 'login');
  const { token, endpoint } = isRecord(poll) ? poll : {};
  if (typeof token !== 'string' || token === '' || typeof endpoint !== 'string' || typeof login !== 'string')
    throw foreign();
  if (!isInside(login, url) || !isInside(endpoint, url)) throw foreign();
  return { loginUrl: login, endpoint, token, url, expires: clock.now() + lifetimeMs };
}

/**
 * Waits until the person has granted access; `timeout` when nobody did before the server forgot it. The app password is
 * given once only.
 */
export async function awaitNextcloudLogin(
  http: HttpPort,
  clock: Clock,
  login: PendingLogin,
  { signal }: Context = {},
): Promise<GrantedLogin> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const body = utf8(new URLSearchParams({ token: login.token }).toString());
  while (clock.now() < login.expires) {
    throwIfCancelled(signal);
    try {
      const response = await ask(http, {
        method: 'POST',
        url: login.endpoint,
        headers,
        body,
        anonymous: true,
        ...(signal && { signal }),
      });
      if (response.status !== 404) return granted(await readAnswer(response, 'login'), login.url);
      await drain(response.body);
    } catch (error) {
      // The network may well be away while somebody looks for a password: the grant is still there afterwards.
      if (!isDossierError(error) || error.retry !== 'later') throw error;
    }
    await clock.sleep(pollMs, signal);
  }
  throw new DossierError('timeout', 'Nobody granted access in the browser in time', {
    where: 'nextcloud',
    operation: 'login',
    retry: 'afterUser',
  });
}

function granted({ server, loginName, appPassword }: Record<string, unknown>, url: string): GrantedLogin {
  if (typeof server !== 'string' || !isInside(server, url)) throw foreign();
  if (!isCredential(loginName) || loginName.includes(':') || !isCredential(appPassword))
    throw new DossierError('invalid-response', 'The server gave credentials that cannot be used', {
      where: 'nextcloud',
      operation: 'login',
    });
  return { loginName, appPassword };
}

function isCredential(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1024 && !/[\u0000-\u001f\u007f]/.test(value);
}

function isInside(address: string, url: string): boolean {
  if (!URL.canParse(address)) return false;
  const [named, own] = [new URL(address), new URL(url)];
  const path = own.pathname.replace(/\/+$/, '');
  return (
    named.origin === own.origin &&
    named.username === '' &&
    (named.pathname.replace(/\/+$/, '') === path || named.pathname.startsWith(`${path}/`))
  );
}

function foreign(): DossierError {
  return new DossierError('invalid-response', 'The sign-in does not stay at the server that was entered', {
    where: 'nextcloud',
    operation: 'login',
  });
}
