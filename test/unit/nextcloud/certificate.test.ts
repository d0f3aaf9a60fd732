import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../../shared/connection/basicAuth.ts';
import { createNextcloudDrive } from '../../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../../shared/drives/webdav/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';

let server: NextcloudEmulator;
beforeEach(async () => {
  server = await startNextcloudEmulator({ tls: true });
});
afterEach(() => server.close());

const openWith = (pinnedFingerprint?: string) => {
  const http = withBasicAuth(
    createNodeHttp(pinnedFingerprint === undefined ? {} : { pinnedFingerprint }),
    server.url,
    server,
    nodeClock,
  );
  return createNextcloudDrive({ http, clock: nodeClock, url: server.url, userId: server.userId, dav: webdavParts });
};

test('a self-signed certificate is refused until it is accepted for this connection', async () => {
  await expect(openWith().account()).rejects.toMatchObject({ code: 'untrusted-certificate', retry: 'afterUser' });
  const drive = openWith(server.certificate?.fingerprint256 as string);
  for (let again = 0; again < 3; again++) expect((await drive.account()).label).toBe('Mara');
});

test('another certificate than the accepted one is refused, and nothing was said to the server', async () => {
  await expect(openWith('AA:'.repeat(31) + 'AA').account()).rejects.toMatchObject({ code: 'untrusted-certificate' });
  expect(server.requests.total).toBe(0);
});
