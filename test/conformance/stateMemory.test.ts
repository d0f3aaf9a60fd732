import { createMemoryState } from '../../shared/index.ts';
import { stateSuite } from './stateSuite.ts';

stateSuite('memory', async () => ({ open: async () => createMemoryState(), remove: async () => undefined }), {
  shared: false,
});
