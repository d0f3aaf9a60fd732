import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { withDigestAuth } from '../../shared/connection/digestAuth.ts';
import { rootPath } from '../../shared/core/paths.ts';
import type { HttpPort } from '../../shared/core/ports.ts';
import { createWebdavDrive } from '../../shared/drives/webdav/index.ts';
import { startApache } from '../hosts/webdav/apache.ts';
import { startLighttpd } from '../hosts/webdav/lighttpd.ts';
import { startRcloneServer } from '../hosts/webdav/rclone.ts';
import { startSabre } from '../hosts/webdav/sabre.ts';
import type { WebdavServer } from '../hosts/webdav/server.ts';
import { driveSuite, type SuiteOptions } from './driveSuite.ts';

type SignIn = (http: HttpPort, server: WebdavServer) => HttpPort;

const basic: SignIn = (http, { url, user, password }) => withBasicAuth(http, url, { user, password }, nodeClock);
const digest: SignIn = (http, { url, user, password }) => withDigestAuth(http, url, { user, password });

const servers: readonly { name: string; start: () => Promise<WebdavServer>; signIn: SignIn; options?: SuiteOptions }[] =
  [
    { name: 'rclone serve', start: startRcloneServer, signIn: basic },
    { name: 'Apache mod_dav', start: () => startApache('Basic'), signIn: basic },
    { name: 'Apache mod_dav with Digest', start: () => startApache('Digest'), signIn: digest },
    { name: 'lighttpd mod_webdav', start: startLighttpd, signIn: basic },
    { name: 'SabreDAV under PHP', start: startSabre, signIn: basic },
  ];

for (const { name, start, signIn, options } of servers) {
  driveSuite(
    `webdav on ${name}`,
    async () => {
      const server = await start();
      const open = () =>
        createWebdavDrive({ http: signIn(createNodeHttp(), server), clock: nodeClock, url: server.url });
      return { drive: open(), other: open(), root: { path: rootPath }, close: server.close };
    },
    options,
  );
}
