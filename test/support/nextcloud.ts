import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import type { Clock, HttpPort } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import type { NextcloudEmulator } from '../emulators/nextcloud/index.ts';

type Signed = Pick<NextcloudEmulator, 'url' | 'user' | 'password' | 'userId'>;

/** A drive on an emulator, over real sockets. */
export function openNextcloud(
  server: Signed,
  options: { readonly clock?: Clock; readonly timeoutMs?: number; readonly http?: HttpPort } = {},
): Drive {
  const { clock = nodeClock, timeoutMs = 20_000, http = createNodeHttp() } = options;
  return createNextcloudDrive({
    http: withBasicAuth(http, server.url, server, clock),
    clock,
    url: server.url,
    userId: server.userId,
    dav: webdavParts,
    timeoutMs,
  });
}
