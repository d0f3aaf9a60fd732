import { retry, revoke } from '../../shared/index.ts';
import { clock } from './clock.ts';
import type { OpenedConnection } from './connection.ts';

/** Ends the sign-in of a connection at its service; false where there is only a password that the user chose. */
export async function revokeConnection({ connection, http }: OpenedConnection, signal?: AbortSignal): Promise<boolean> {
  return retry(() => revoke(connection, http, { signal }), { clock, signal });
}
