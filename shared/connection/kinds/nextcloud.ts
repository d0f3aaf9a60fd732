import { say } from '../../core/sentence.ts';
import { createNextcloudDrive } from '../../drives/nextcloud/index.ts';
import { webdavParts } from '../../drives/webdav/index.ts';
import { withBasicAuth } from '../basicAuth.ts';
import { credentialsOf, type KindOfConnection } from '../kind.ts';
import { revokeAppPassword } from '../nextcloudAccount.ts';
import { optionalTexts, requiredText, serverAddress } from './connectionFields.ts';

export interface NextcloudFields {
  readonly url: string;
  readonly userId: string;
  readonly pinnedFingerprint?: string;
}

export const nextcloud: KindOfConnection<NextcloudFields> = {
  fields: (entered) => ({
    url: serverAddress(entered),
    userId: requiredText(entered, 'userId', say`the user`),
    ...optionalTexts(entered, 'pinnedFingerprint'),
  }),
  authorize: ({ url }, secrets, { http, clock }) => withBasicAuth(http, url, credentialsOf(secrets), clock),
  server: ({ url }) => url,
  greeting: (address) => ({ method: 'GET', url: `${address}/status.php` }),
  open: ({ url, userId, timeoutSeconds }, { http, clock, log }) =>
    createNextcloudDrive({
      http,
      clock,
      url,
      userId,
      dav: webdavParts,
      timeoutMs: timeoutSeconds * 1000,
      ...(log && { log }),
    }),
  revoke: ({ url }, http, context) => revokeAppPassword(http, url, context),
};
