import { createHash } from 'node:crypto';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { createWebdavDrive } from '../../shared/drives/webdav/index.ts';
import { startQuirkyWebdav } from '../emulators/webdav/quirks.ts';
import type { Store } from '../emulators/webdav/store.ts';
import { patienceMs } from './faultShapes.ts';
import type { FaultTargetKind } from './faultTarget.ts';
import { davFaults } from './nextcloudTarget.ts';

/** Size by which the files of the report are made; this server takes each in one request. */
const chunkSize = 64 * 1024;

/** Where making a folder has to be agreed on among the clients, whoever made it leaves a mark for good. */
const claim = /\/\.dossier-[0-9a-f]{32}\.claim$/;

/** A plain server, which compares names byte by byte and has neither ids nor sessions. */
export const webdavTarget: FaultTargetKind = {
  name: 'webdav',
  protocol: 'dav',
  requestsPerTry: 2,
  chunkSize,
  // Only listings have a body.
  unnoticed: ['cut body', 'wrong answer'],
  decisive: ['409'],
  async open() {
    const server = await startQuirkyWebdav();
    let stalls = false;
    return {
      client(clock, between) {
        const http = between(createNodeHttp({ timeoutMs: patienceMs(stalls, chunkSize) }));
        const account = { user: 'mara', password: 'secret' };
        return createWebdavDrive({ http: withBasicAuth(http, server.url, account, clock), clock, url: server.url });
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
        return server.requests.length;
      },
      stored: () =>
        Promise.all(
          below(server.store, '/', 'file')
            .filter((path) => !claim.test(path))
            .map((path) => storedAt(server.store, path)),
        ),
      folders: () => below(server.store, '/', 'folder'),
      close: () => server.close(),
    };
  },
};

function below(store: Store, folder: string, kind: 'file' | 'folder'): string[] {
  return store.children(folder).flatMap(([name, resource]) => {
    const path = `${folder === '/' ? '' : folder}/${name}`;
    const inside = resource.kind === 'folder' ? below(store, path, kind) : [];
    return resource.kind === kind ? [path, ...inside] : inside;
  });
}

async function storedAt(store: Store, path: string) {
  const resource = store.get(path)!;
  const hash = createHash('sha256');
  if (resource.size > 0) for await (const bytes of store.read(resource, 0, resource.size - 1)) hash.update(bytes);
  return { path, size: resource.size, sha256: hash.digest('hex') };
}
