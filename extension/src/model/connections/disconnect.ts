import { authorize, type Connection, type ConnectionSecrets, canRevoke, revoke } from '../../../../shared/index.ts';
import { nodeClock } from '../../node/nodeClock.ts';
import { httpOf } from './openConnection.ts';

/** Gives back to the service what it gave us at the sign-in; nothing to do where this machine has no sign-in. */
export async function endSignIn(connection: Connection, secrets: ConnectionSecrets): Promise<void> {
  if (!canRevoke(connection) || (secrets.accessToken ?? secrets.password) === undefined) return;
  // Tokens that are renewed on the way end with the sign-in.
  const save = async () => undefined;
  await revoke(
    connection,
    authorize(connection, secrets, { http: httpOf(connection, secrets), clock: nodeClock, save }),
  );
}
