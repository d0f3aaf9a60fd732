import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { createDatatrailsLedger } from '../../shared/ledger/backends/datatrails/index.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import { startDatatrailsEmulator } from '../emulators/datatrails/index.ts';
import { hurriedClock } from '../support/hurriedClock.ts';
import { ledgerSuite } from './ledgerSuite.ts';

ledgerSuite('datatrails', 'remote', async () => {
  const server = await startDatatrailsEmulator({ looks: 2, pageSize: 2 });
  const store = createMemoryState();
  return {
    open: async () =>
      createDatatrailsLedger({
        http: createNodeHttp(),
        clock: hurriedClock,
        store,
        ledger: 'datatrails',
        access: server,
        isPublic: () => true,
      }),
    service: {
      loseAnswer: () => server.fault('write', 'lost'),
      press: (seconds) =>
        server.fault('write', { status: 429, headers: { 'Archivist-Rate-Limit-Reset': String(seconds) } }),
      told: () => server.requests.map(({ path, body }) => `${path}\n${body}\n`).join(''),
    },
    close: () => server.close(),
  };
});
