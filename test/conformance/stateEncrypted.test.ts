import { createEncryptedState, createKey, createVault, parseKey } from '../../shared/index.ts';
import { createMemoryState } from '../../shared/testing.ts';
import { stateSuite } from './stateSuite.ts';

const vault = createVault(parseKey(createKey()));

stateSuite(
  'encrypted',
  async () => {
    const records = createMemoryState();
    return { open: async () => createEncryptedState(records, await vault), remove: async () => undefined };
  },
  { shared: true },
);
