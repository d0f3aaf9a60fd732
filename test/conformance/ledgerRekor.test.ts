import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { createRekorLedger } from '../../shared/ledger/backends/rekor/index.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import { startRekorEmulator } from '../emulators/rekor/index.ts';
import { hurriedClock } from '../support/hurriedClock.ts';
import { openTestLog } from '../support/linking.ts';
import { ledgerSuite } from './ledgerSuite.ts';

ledgerSuite('rekor', 'remote', async () => {
  const server = await startRekorEmulator({ dedupes: false });
  const store = createMemoryState();
  return {
    open: async () =>
      createRekorLedger({
        log: openTestLog(store, hurriedClock),
        store,
        ledger: 'rekor',
        http: createNodeHttp(),
        url: server.url,
        identity: server,
      }),
    service: {
      loseAnswer: () => server.faults.push('lost'),
      press: (seconds) => server.faults.push({ status: 429, headers: { 'Retry-After': String(seconds) } }),
      told: () => server.entries.join('\n'),
    },
    close: () => server.close(),
  };
});
