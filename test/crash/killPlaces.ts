import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeClock } from '../../extension/src/host/nodeClock.ts';
import { nodeFiles } from '../../extension/src/host/nodeFiles.ts';
import { createNodeHttp } from '../../extension/src/host/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { createLocalFolderDrive, type Drive, type FilesPort, type HttpPort } from '../../shared/index.ts';
import { createDropboxDrive } from '../../shared/drives/dropbox/index.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { endpointsAt, withToken } from '../support/dropbox.ts';

/** How another process reaches a destination. Plain JSON; the secrets are the emulator's. */
export type Address =
  | { readonly kind: 'dropbox'; readonly url: string; readonly token: string }
  | { readonly kind: 'nextcloud'; readonly url: string; readonly user: string; readonly password: string; readonly userId: string }
  | { readonly kind: 'localFolder'; readonly root: string };

export interface StoredFile {
  readonly path: string;
  readonly sha256: string;
}

/** A destination, and what really lies in it, found without any code of ours. */
export interface Place {
  readonly name: string;
  readonly address: Address;
  /** Bytes of a chunk there. */
  readonly chunkSize: number;
  stored(folder: string): Promise<StoredFile[]>;
  close(): Promise<void>;
}

const mebibyte = 1024 * 1024;

export const placeNames = ['dropbox', 'nextcloud local', 'nextcloud s3v2', 'local folder'] as const;
export type PlaceName = (typeof placeNames)[number];

export async function openPlace(name: PlaceName): Promise<Place> {
  if (name === 'dropbox') return dropboxPlace();
  if (name === 'local folder') return localPlace();
  return nextcloudPlace(name === 'nextcloud local' ? 'local' : 's3v2');
}

/** A drive as a process opens it, with the smallest chunks the service takes. */
export function openAddress(address: Address, wrap: { http: (port: HttpPort) => HttpPort; files: (port: FilesPort) => FilesPort }): Drive {
  if (address.kind === 'localFolder') return smallChunks(createLocalFolderDrive({ files: wrap.files(nodeFiles), root: address.root, randomBytes: (length) => randomBytes(length) }), mebibyte);
  const http = wrap.http(createNodeHttp({ timeoutMs: 20_000 }));
  if (address.kind === 'dropbox') return smallChunks(createDropboxDrive({ http: withToken(http, address.token), clock: nodeClock, endpoints: endpointsAt(address.url) }), 4 * mebibyte);
  return smallChunks(createNextcloudDrive({ http: withBasicAuth(http, address.url, address, nodeClock), clock: nodeClock, url: address.url, userId: address.userId, dav: webdavParts }), 5 * mebibyte);
}

function smallChunks(drive: Drive, chunkSize: number): Drive {
  const { capabilities } = drive;
  return { ...drive, capabilities: { ...capabilities, upload: { ...capabilities.upload, chunkSize, maxSingle: Math.min(mebibyte, capabilities.upload.maxSingle) } } };
}

async function dropboxPlace(): Promise<Place> {
  const server = await startDropboxEmulator();
  return {
    name: 'dropbox',
    address: { kind: 'dropbox', url: server.url, token: server.token },
    chunkSize: 4 * mebibyte,
    async stored(folder) {
      const files = server.files.list().filter(({ kind, display }) => kind === 'file' && display.startsWith(`${folder}/`));
      return Promise.all(files.map(async ({ display }) => ({ path: display, sha256: sha256(await server.files.read(display)) })));
    },
    close: () => server.close(),
  };
}

async function nextcloudPlace(mode: 'local' | 's3v2'): Promise<Place> {
  const server = await startNextcloudEmulator({ mode });
  const { url, user, password, userId } = server;
  return {
    name: `nextcloud ${mode}`,
    address: { kind: 'nextcloud', url, user, password, userId },
    chunkSize: 5 * mebibyte,
    async stored(folder) {
      const filesIn = (path: string): string[] =>
        server.hooks.list(path).flatMap((name) => (server.hooks.stat(`${path}/${name}`)?.kind === 'file' ? [`${path}/${name}`] : filesIn(`${path}/${name}`)));
      return Promise.all(filesIn(folder).map(async (path) => ({ path, sha256: sha256(await server.hooks.read(path)) })));
    },
    close: () => server.close(),
  };
}

async function localPlace(): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), 'dossier-kill-'));
  return {
    name: 'local folder',
    address: { kind: 'localFolder', root },
    chunkSize: mebibyte,
    async stored(folder) {
      const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
      const files = names.map((name) => join(folder, name)).filter((path) => statSync(join(root, path)).isFile());
      return files.map((path) => ({ path, sha256: sha256(readFileSync(join(root, path))) }));
    },
    close: async () => rmSync(root, { recursive: true }),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
