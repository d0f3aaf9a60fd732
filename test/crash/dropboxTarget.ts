import { createHash } from 'node:crypto';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { createTokenSource, withBearer } from '../../shared/connection/dropboxTokens.ts';
import { createDropboxDrive } from '../../shared/drives/dropbox/index.ts';
import { type Fault, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { endpointsAt } from '../support/dropbox.ts';
import { askedWaitSeconds, type FaultName, patienceMs } from './faultShapes.ts';
import { type FaultTargetKind, withSmallChunks } from './faultTarget.ts';

const faults: Readonly<Record<FaultName, Fault>> = {
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
  '502 HTML': { kind: 'status', status: 502 },
  '503': { kind: 'status', status: 503 },
  '507': { kind: 'status', status: 507 },
  'wrong answer': { kind: 'wrongJson' },
};

const chunkSize = 4 * 1024 * 1024;

export const dropboxTarget: FaultTargetKind = {
  name: 'dropbox',
  protocol: 'dropbox',
  requestsPerTry: 1,
  chunkSize,
  unnoticed: [],
  decisive: [],
  async open() {
    const emulator = await startDropboxEmulator();
    let stalls = false;
    return {
      client(clock, between) {
        const http = between(createNodeHttp({ timeoutMs: patienceMs(stalls, chunkSize) }));
        const tokens = createTokenSource({
          http,
          clock,
          app: { key: emulator.appKey, secret: emulator.appSecret },
          tokens: {
            accessToken: emulator.token,
            refreshToken: emulator.refreshToken,
            expiresAt: Number.MAX_SAFE_INTEGER,
          },
          save: async () => undefined,
          endpoints: { authorize: `${emulator.url}/oauth2/authorize`, api: emulator.url },
        });
        const drive = createDropboxDrive({
          http: withBearer(http, tokens),
          clock,
          endpoints: endpointsAt(emulator.url),
        });
        return withSmallChunks(drive, chunkSize);
      },
      inject(fault, at, lasting) {
        stalls = fault === 'stall';
        emulator.faults.inject({ ...faults[fault], at, ...(lasting ? { times: Number.MAX_SAFE_INTEGER } : {}) });
      },
      clear() {
        stalls = false;
        emulator.faults.clear();
      },
      get requests() {
        return emulator.requests.total;
      },
      async stored() {
        const files = emulator.files.list().filter(({ kind }) => kind === 'file');
        return Promise.all(
          files.map(async ({ display, size }) => ({
            path: display,
            size,
            sha256: createHash('sha256')
              .update(await emulator.files.read(display))
              .digest('hex'),
          })),
        );
      },
      folders: () =>
        emulator.files
          .list()
          .filter(({ kind }) => kind === 'folder')
          .map(({ display }) => display),
      close: () => emulator.close(),
    };
  },
};
