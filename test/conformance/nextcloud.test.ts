import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { rootPath } from '../../shared/core/paths.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import { type Switches, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { driveSuite } from './driveSuite.ts';

const refusedNames = ['back\\slash.txt', '.htaccess', 'half.part', 'half.filepart', 'tab\there.txt', 'é'.repeat(140)];

const servers: Readonly<Record<string, Partial<Switches>>> = {
  '': {},
  ' that cannot hash': { serverHashes: false },
  ' that answers a wrong hash to an upload': { tripleHash: 'put' },
  ' that answers a wrong hash to everything': { tripleHash: 'putAndMove' },
  ' that gives one ETag for a second': { etags: 'eachSecond' },
  ' that refuses others who make a folder': { makingFolders: 'othersRefused' },
  ' that lets nobody make a folder while several do': { makingFolders: 'nobodyWins' },
};

for (const mode of ['local', 's3v2'] as const) {
  for (const [name, switches] of Object.entries(servers)) {
    driveSuite(
      `nextcloud ${mode}${name}`,
      async () => {
        const server = await startNextcloudEmulator({ mode, switches });
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
        const { letSecondPass, close } = server;
        return { drive: open(), other: open(), root: { path: rootPath }, letSecondPass, close };
      },
      { refusedNames },
    );
  }
}
