import {
  authorize,
  type Connection,
  type ConnectionSecrets,
  createTokenSource,
  dropboxAppOf,
  dropboxAuthOf,
  revokeAppPassword,
  revokeDropboxSignIn,
} from '../../../../shared/index.ts';
import { nodeClock } from '../../node/nodeClock.ts';
import { httpOf } from './openConnection.ts';

type Revoker = (connection: Connection, secrets: ConnectionSecrets) => Promise<unknown>;

const forgetNothing = async () => undefined;

/** Gives back to the service what it gave us at the sign-in. Kinds that are not named gave us nothing. */
const revokers: Readonly<Partial<Record<Connection['kind'], Revoker>>> = {
  async dropbox(connection, secrets) {
    if (connection.kind !== 'dropbox' || secrets.accessToken === undefined) return;
    const { accessToken, refreshToken, accessTokenExpires } = secrets;
    const http = httpOf(connection, secrets);
    const endpoints = dropboxAuthOf(connection);
    const tokens = createTokenSource({
      http,
      clock: nodeClock,
      app: dropboxAppOf(connection, secrets),
      tokens: {
        accessToken,
        expiresAt: accessTokenExpires ?? Number.MAX_SAFE_INTEGER,
        ...(refreshToken === undefined ? {} : { refreshToken }),
      },
      save: forgetNothing,
      endpoints,
    });
    await revokeDropboxSignIn(http, tokens, endpoints);
  },
  async nextcloud(connection, secrets) {
    if (connection.kind !== 'nextcloud') return;
    await revokeAppPassword(
      authorize(connection, secrets, { http: httpOf(connection, secrets), clock: nodeClock, save: forgetNothing }),
      connection.url,
    );
  },
};

export function canRevoke({ kind }: Connection): boolean {
  return kind in revokers;
}

export async function revoke(connection: Connection, secrets: ConnectionSecrets): Promise<void> {
  await revokers[connection.kind]?.(connection, secrets);
}
