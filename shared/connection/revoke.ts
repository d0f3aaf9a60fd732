import type { HttpPort } from '../core/ports.ts';
import type { Context } from '../drive/drive.ts';
import { dropboxAuthOf } from './authorize.ts';
import type { Connection, ConnectionKind } from './connection.ts';
import { revokeDropboxSignIn } from './dropboxSignIn.ts';
import { revokeAppPassword } from './nextcloudAccount.ts';

type Revoker<Kind extends ConnectionKind> = (
  connection: Extract<Connection, { kind: Kind }>,
  http: HttpPort,
  context: Context,
) => Promise<boolean>;

/** Absent where the service gave nothing at the sign-in: there is a password that the user chose, or none at all. */
const revokers: { readonly [Kind in ConnectionKind]: Revoker<Kind> | undefined } = {
  localFolder: undefined,
  webdav: undefined,
  nextcloud: ({ url }, http, context) => revokeAppPassword(http, url, context),
  async dropbox(connection, http, context) {
    await revokeDropboxSignIn(http, dropboxAuthOf(connection), context);
    return true;
  },
};

/** Whether the service of a connection gives out sign-ins that can be ended. */
export function canRevoke({ kind }: Pick<Connection, 'kind'>): boolean {
  return revokers[kind] !== undefined;
}

/**
 * Ends the sign-in of a connection at its service.
 *
 * @param http - Adds the credentials of the connection to its requests.
 * @returns False where there is no sign-in to be ended, but a password that the user chose.
 * @throws DossierError with `unauthorized`, `server-error` and those of the transport. Safe to repeat: a sign-in that has
 *   ended already is no error.
 */
export async function revoke(connection: Connection, http: HttpPort, context: Context = {}): Promise<boolean> {
  const end = revokers[connection.kind] as Revoker<ConnectionKind> | undefined;
  return end === undefined ? false : end(connection as never, http, context);
}
