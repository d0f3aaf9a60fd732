import { createHash } from 'node:crypto';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { createNextcloudDrive } from '../../shared/drives/nextcloud/index.ts';
import { webdavParts } from '../../shared/drives/webdav/index.ts';
import { type Fault, type Hooks, type Mode, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { askedWaitSeconds, type FaultName, patienceMs } from './faultShapes.ts';
import { type FaultTargetKind, withSmallChunks } from './faultTarget.ts';

/** The faults as a server of WebDAV has them. */
export const davFaults: Readonly<Record<FaultName, Fault>> = {
  'reset': { kind: 'reset' },
  'stall': { kind: 'stall' },
  'cut body': { kind: 'cutBody' },
  '401': { kind: 'status', status: 401 },
  '403': { kind: 'status', status: 403 },
  '408': { kind: 'status', status: 408 },
  '409': { kind: 'status', status: 409 },
  '423': { kind: 'status', status: 423 },
  '429': { kind: 'status', status: 429, retryAfter: askedWaitSeconds },
  '500': { kind: 'status', status: 500 },
  '502 HTML': { kind: 'status', status: 502, body: 'html' },
  '503': { kind: 'status', status: 503 },
  '507': { kind: 'status', status: 507 },
  'wrong answer': { kind: 'wrongXml' },
};

const chunkSize = 256 * 1024;

export function nextcloudTarget(mode: Mode): FaultTargetKind {
  return {
    name: `nextcloud ${mode}`,
    protocol: 'dav',
    requestsPerTry: 1,
    chunkSize,
    // Most answers of WebDAV have no body.
    unnoticed: ['cut body', 'wrong answer'],
    // A folder above it is missing (RFC 4918, section 9.7.1).
    decisive: ['409'],
    async open() {
      const server = await startNextcloudEmulator({ mode, switches: { minimumPart: chunkSize } });
      let stalls = false;
      return {
        client(clock, between) {
          const timeoutMs = patienceMs(stalls, chunkSize);
          const http = withBasicAuth(between(createNodeHttp({ timeoutMs })), server.url, server, clock);
          return withSmallChunks(
            createNextcloudDrive({ http, clock, url: server.url, userId: server.userId, dav: webdavParts, timeoutMs }),
            chunkSize,
          );
        },
        inject(fault, at, lasting) {
          stalls = fault === 'stall';
          server.faults.inject({ ...davFaults[fault], at, ...(lasting ? { times: Number.MAX_SAFE_INTEGER } : {}) });
        },
        clear() {
          stalls = false;
          server.faults.clear();
        },
        get requests() {
          return server.requests.total;
        },
        async stored() {
          return Promise.all(
            filesIn(server.hooks, '').map(async (path) => {
              const bytes = await server.hooks.read(path);
              return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
            }),
          );
        },
        folders: () => foldersIn(server.hooks, ''),
        close: () => server.close(),
      };
    },
  };
}

function filesIn(hooks: Hooks, folder: string): string[] {
  return hooks.list(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    return hooks.stat(path)?.kind === 'file' ? [path] : filesIn(hooks, path);
  });
}

function foldersIn(hooks: Hooks, folder: string): string[] {
  return hooks.list(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    return hooks.stat(path)?.kind === 'folder' ? [path, ...foldersIn(hooks, path)] : [];
  });
}
