import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { rootPath } from '../../shared/core/paths.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import type { FolderEntry } from '../../shared/drive/entry.ts';
import { createLocalFolderDrive } from '../../shared/drives/localFolder/index.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { createWebdavDrive, webdavParts } from '../../shared/drives/webdav/index.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { startRcloneServer } from '../hosts/webdav/rclone.ts';
import { openDropbox } from '../support/dropbox.ts';
import type { Address } from './killAddress.ts';

/** A destination of mirrors, as the mirror and as somebody else opens it. */
export interface MirrorWorld {
  open(): Drive;
  /** How another process reaches it, where it can. */
  readonly address?: Address;
  /** A new folder for a history. */
  fresh(): Promise<FolderEntry>;
  close(): Promise<void>;
}

export const mirrorWorldNames = ['dropbox', 'nextcloud', 'webdav', 'local'] as const;
export type MirrorWorldName = (typeof mirrorWorldNames)[number];

export const mirrorWorlds: Readonly<Record<MirrorWorldName, () => Promise<MirrorWorld>>> = {
  async dropbox() {
    const emulator = await startDropboxEmulator();
    const { url, token } = emulator;
    return worldOn(() => openDropbox(emulator), {
      address: { kind: 'dropbox', chunkSize: 4 * 1024 * 1024, url, token },
      close: () => emulator.close(),
    });
  },
  async nextcloud() {
    const server = await startNextcloudEmulator();
    const { url, user, password, userId } = server;
    const open = () =>
      createNextcloudDrive({
        http: withBasicAuth(createNodeHttp(), url, server, nodeClock),
        clock: nodeClock,
        url,
        userId,
        dav: webdavParts,
      });
    return worldOn(open, {
      address: { kind: 'nextcloud', chunkSize: 5 * 1024 * 1024, url, user, password, userId },
      close: server.close,
    });
  },
  async webdav() {
    const server = await startRcloneServer();
    const open = () =>
      createWebdavDrive({
        http: withBasicAuth(createNodeHttp(), server.url, server, nodeClock),
        clock: nodeClock,
        url: server.url,
      });
    return worldOn(open, { close: server.close });
  },
  async local() {
    const root = await mkdtemp(join(tmpdir(), 'mirror-to-'));
    return worldOn(() => openLocal(root), {
      address: { kind: 'localFolder', chunkSize: 1024 * 1024, root },
      close: () => rm(root, { recursive: true, force: true }),
    });
  },
};

export function openLocal(root: string): Drive {
  return createLocalFolderDrive({ files: nodeFiles, root, randomBytes: (size) => randomBytes(size), clock: nodeClock });
}

let folders = 0;

function worldOn(open: () => Drive, given: Pick<MirrorWorld, 'address' | 'close'>): MirrorWorld {
  return { ...given, open, fresh: () => open().createFolder({ path: rootPath }, `Mirror ${++folders}`) };
}
