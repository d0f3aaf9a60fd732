import { utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import type { Clock, HttpPort } from '../core/ports.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * Time, milliseconds, for which a refused password is not tried again. Nextcloud blocks an address for half an hour
 * after ten failures, also for those who know the password, so that several uploads with a password that was just
 * changed must not count as several failures.
 */
const quietMs = 300_000;

/**
 * Adds `Authorization: Basic` (RFC 7617, in UTF-8) to requests to one origin; nothing secret goes anywhere else. The
 * first 401 stops all others.
 */
export function withBasicAuth(http: HttpPort, url: string, { user, password }: Credentials, clock: Clock): HttpPort {
  const { origin } = new URL(url);
  if (user.includes(':'))
    throw new DossierError('invalid-input', 'A user name for this kind of sign-in has no ":" in it');
  const authorization = `Basic ${base64(utf8(`${user}:${password}`))}`;
  let refusedAt = -Infinity;
  return {
    async send(request) {
      if (request.anonymous || new URL(request.url).origin !== origin) return http.send(request);
      if (clock.now() - refusedAt < quietMs)
        throw new DossierError('unauthorized', 'The server has refused this user or password');
      const response = await http.send({ ...request, headers: { ...request.headers, Authorization: authorization } });
      if (response.status === 401) refusedAt = clock.now();
      return response;
    },
  };
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
