import { createEmbeddedLedger } from '../../shared/ledger/backends/embedded.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import { openTestLog } from '../support/linking.ts';
import { ledgerSuite } from './ledgerSuite.ts';

ledgerSuite('embedded', 'local', async () => {
  const store = createMemoryState();
  return { open: async () => createEmbeddedLedger(openTestLog(store)), close: async () => undefined };
});
