import { createWebdavDrive } from '../../drives/webdav/index.ts';
import { withBasicAuth } from '../basicAuth.ts';
import { withDigestAuth } from '../digestAuth.ts';
import { credentialsOf, type KindOfConnection } from '../kind.ts';
import { optionalTexts, serverAddress } from './connectionFields.ts';

export interface WebdavFields {
  readonly url: string;
  readonly signIn: 'basic' | 'digest';
  readonly pinnedFingerprint?: string;
}

export const webdav: KindOfConnection<WebdavFields> = {
  fields: (entered) => ({
    url: serverAddress(entered),
    signIn: entered['signIn'] === 'digest' ? 'digest' : 'basic',
    ...optionalTexts(entered, 'pinnedFingerprint'),
  }),
  authorize: ({ url, signIn }, secrets, { http, clock }) =>
    signIn === 'digest'
      ? withDigestAuth(http, url, credentialsOf(secrets))
      : withBasicAuth(http, url, credentialsOf(secrets), clock),
  server: ({ url }) => url,
  greeting: (url) => ({ method: 'OPTIONS', url }),
  open: ({ url, timeoutSeconds }, { http, clock, log }) =>
    createWebdavDrive({ http, clock, url, timeoutMs: timeoutSeconds * 1000, ...(log && { log }) }),
};
