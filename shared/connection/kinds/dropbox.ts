import { createDropboxDrive } from '../../drives/dropbox/index.ts';
import type { ConnectionSecrets } from '../base.ts';
import { type DropboxApp, type DropboxAuthEndpoints, dropboxApiOf, dropboxAuthEndpoints } from '../dropboxApp.ts';
import { revokeDropboxSignIn } from '../dropboxSignIn.ts';
import { createTokenSource, withBearer } from '../dropboxTokens.ts';
import { type KindOfConnection, missingSignIn } from '../kind.ts';
import { optionalTexts } from './connectionFields.ts';

export interface DropboxFields {
  /** The user's own registered app, or the one this build was made with. */
  readonly appKey?: string;
  /** Where the service lives, for tests and compatible servers. */
  readonly endpoint?: string;
  /** Where the drive's root lies on the web pages of the service: `/`, or `/Apps/NAME` of an app folder. */
  readonly webRoot?: string;
}

export const dropbox: KindOfConnection<DropboxFields> = {
  fields: (entered) => optionalTexts(entered, 'appKey', 'endpoint', 'webRoot'),
  authorize(connection, secrets, { http, clock, save }) {
    const { accessToken, refreshToken, accessTokenExpires } = secrets;
    if (accessToken === undefined) throw missingSignIn('Dropbox');
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
  server: (connection) => dropboxApiOf(connection),
  greeting: (address) => ({ method: 'GET', url: `${address}/` }),
  open: ({ endpoint }, { http, clock }) =>
    createDropboxDrive({
      http,
      clock,
      ...(endpoint === undefined ? {} : { endpoints: { api: endpoint, content: endpoint, notify: endpoint } }),
    }),
  async revoke(connection, http, context) {
    await revokeDropboxSignIn(http, dropboxAuthOf(connection), context);
    return true;
  },
};

/** The app that a Dropbox connection signs in with. */
export function dropboxAppOf({ appKey = '' }: DropboxFields, { appSecret }: ConnectionSecrets): DropboxApp {
  return { key: appKey, ...(appSecret === undefined ? {} : { secret: appSecret }) };
}

/** Where a Dropbox connection signs in. */
export function dropboxAuthOf({ endpoint }: DropboxFields): DropboxAuthEndpoints {
  return endpoint === undefined ? dropboxAuthEndpoints : { authorize: `${endpoint}/oauth2/authorize`, api: endpoint };
}
