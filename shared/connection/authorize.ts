import { DossierError } from '../core/errors.ts';
import type { Clock, HttpPort } from '../core/ports.ts';
import { type Sentence, say } from '../core/sentence.ts';
import { type Credentials, withBasicAuth } from './basicAuth.ts';
import type { Connection, ConnectionKind, ConnectionSecrets } from './connection.ts';
import { withDigestAuth } from './digestAuth.ts';
import { type DropboxApp, type DropboxAuthEndpoints, dropboxAuthEndpoints } from './dropboxApp.ts';
import { createTokenSource, withBearer } from './dropboxTokens.ts';

export interface AuthorizePorts {
  /** Without credentials, and with the connection's proxy, time-out and pinned certificate. */
  readonly http: HttpPort;
  readonly clock: Clock;
  /** Stores renewed secrets; they are used only once it resolves. */
  readonly save: (secrets: ConnectionSecrets) => Promise<void>;
}

type Authorizer<Kind extends ConnectionKind> = (
  connection: Extract<Connection, { kind: Kind }>,
  secrets: ConnectionSecrets,
  ports: AuthorizePorts,
) => HttpPort;

const authorizers: { readonly [Kind in ConnectionKind]: Authorizer<Kind> } = {
  localFolder: (_connection, _secrets, { http }) => http,
  dropbox(connection, secrets, { http, clock, save }) {
    const { accessToken, refreshToken, accessTokenExpires } = secrets;
    if (accessToken === undefined) throw missing('Dropbox');
    const tokens = createTokenSource({
      http,
      clock,
      app: dropboxAppOf(connection, secrets),
      tokens: {
        accessToken,
        expiresAt: accessTokenExpires ?? Number.MAX_SAFE_INTEGER,
        ...(refreshToken === undefined ? {} : { refreshToken }),
      },
      save: (renewed) =>
        save({
          ...secrets,
          accessToken: renewed.accessToken,
          accessTokenExpires: renewed.expiresAt,
          ...(renewed.refreshToken === undefined ? {} : { refreshToken: renewed.refreshToken }),
        }),
      endpoints: dropboxAuthOf(connection),
    });
    return withBearer(http, tokens);
  },
  nextcloud: ({ url }, secrets, { http, clock }) => withBasicAuth(http, url, credentials(secrets), clock),
  webdav: ({ url, signIn }, secrets, { http, clock }) =>
    signIn === 'digest'
      ? withDigestAuth(http, url, credentials(secrets))
      : withBasicAuth(http, url, credentials(secrets), clock),
};

/** The app that a Dropbox connection signs in with. */
export function dropboxAppOf(
  { appKey = '' }: Extract<Connection, { kind: 'dropbox' }>,
  { appSecret }: ConnectionSecrets,
): DropboxApp {
  return { key: appKey, ...(appSecret === undefined ? {} : { secret: appSecret }) };
}

/** Where a Dropbox connection signs in. */
export function dropboxAuthOf({ endpoint }: Extract<Connection, { kind: 'dropbox' }>): DropboxAuthEndpoints {
  return endpoint === undefined ? dropboxAuthEndpoints : { authorize: `${endpoint}/oauth2/authorize`, api: endpoint };
}

function credentials({ user, password }: ConnectionSecrets): Credentials {
  if (user === undefined || password === undefined) throw missing(say`the server`);
  return { user, password };
}

function missing(where: string | Sentence): DossierError {
  return new DossierError('unauthorized', say`There is no sign-in to ${where} for this connection on this machine`);
}

/** Adds the credentials of a connection to its requests. Sends nothing yet. `unauthorized` when there are none. */
export function authorize(connection: Connection, secrets: ConnectionSecrets, ports: AuthorizePorts): HttpPort {
  return (authorizers[connection.kind] as Authorizer<ConnectionKind>)(connection as never, secrets, ports);
}
