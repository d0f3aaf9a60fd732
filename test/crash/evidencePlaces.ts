import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { createWebdavDrive } from '../../shared/drives/webdav/index.ts';
import { createLocalFolderDrive, type Drive } from '../../shared/index.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { startHostileWebdav } from '../emulators/webdav/index.ts';
import { openDropbox } from '../support/dropbox.ts';
import { openNextcloud } from '../support/nextcloud.ts';

export interface EvidencePlace {
  readonly drive: Drive;
  close(): Promise<void>;
}

/** A place of each kind that receives reports. */
export const evidencePlaces: Readonly<Record<string, () => Promise<EvidencePlace>>> = {
  async dropbox() {
    const emulator = await startDropboxEmulator();
    return { drive: openDropbox(emulator), close: () => emulator.close() };
  },
  async nextcloud() {
    const emulator = await startNextcloudEmulator();
    return { drive: openNextcloud(emulator), close: () => emulator.close() };
  },
  async webdav() {
    const server = await startHostileWebdav();
    const http = withBasicAuth(createNodeHttp(), server.url, server, nodeClock);
    return { drive: createWebdavDrive({ http, clock: nodeClock, url: server.url }), close: () => server.close() };
  },
  async local() {
    const folder = await mkdtemp(join(tmpdir(), 'dossier-evidence-local-'));
    const drive = createLocalFolderDrive({ files: nodeFiles, root: folder, randomBytes, clock: nodeClock });
    return { drive, close: () => rm(folder, { recursive: true, force: true }) };
  },
};
