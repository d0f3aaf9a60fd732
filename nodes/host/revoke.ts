import { DossierError, drain, retry, revokeAppPassword, say } from '../../shared/index.ts';
import { clock } from './clock.ts';
import type { OpenedConnection } from './connection.ts';

/**
 * Ends the sign-in of a connection at its service. False where there is no sign-in to be ended, but a password that the
 * user chose.
 */
export async function revokeConnection({ connection, http }: OpenedConnection, signal?: AbortSignal): Promise<boolean> {
  if (connection.kind === 'nextcloud')
    return retry(() => revokeAppPassword(http, connection.url, { signal }), { clock, signal });
  if (connection.kind !== 'dropbox') return false;
  // https://www.dropbox.com/developers/documentation/http/documentation#auth-token-revoke
  const url = `${connection.endpoint ?? 'https://api.dropboxapi.com'}/2/auth/token/revoke`;
  const { status, body } = await retry(() => http.send({ method: 'POST', url, ...(signal && { signal }) }), {
    clock,
    signal,
  });
  await drain(body);
  // Refused means that it had ended already.
  if (status >= 300 && status !== 400 && status !== 401)
    throw new DossierError(
      'server-error',
      say`Dropbox did not end the sign-in (${status}): end it in the settings of the account, under connected apps`,
      { operation: 'revoke', status },
    );
  return true;
}
