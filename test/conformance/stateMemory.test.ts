import { createMemoryState } from '../../shared/testing.ts';
import { stateSuite } from './stateSuite.ts';

stateSuite('memory', async () => ({ open: async () => createMemoryState(), remove: async () => undefined }), {
  shared: false,
});
