import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { rootPath } from '../../shared/core/paths.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { driveSuite } from './driveSuite.ts';

const refusedNames = ['back\\slash.txt', '.htaccess', 'half.part', 'half.filepart', 'tab\there.txt', 'é'.repeat(140)];

for (const mode of ['local', 's3v2'] as const) {
  for (const serverHashes of [true, false]) {
    driveSuite(
      `nextcloud ${mode}${serverHashes ? '' : ' that cannot hash'}`,
      async () => {
        const server = await startNextcloudEmulator({ mode, switches: { serverHashes } });
        const open = () => {
          const http = withBasicAuth(createNodeHttp(), server.url, server, nodeClock);
          return createNextcloudDrive({
            http,
            clock: nodeClock,
            url: server.url,
            userId: server.userId,
            dav: webdavParts,
          });
        };
        return { drive: open(), other: open(), root: { path: rootPath }, close: server.close };
      },
      { refusedNames },
    );
  }
}
