import { rootPath } from '../../shared/index.ts';
import { createMemoryDrive, createMemoryStorage } from '../../shared/testing.ts';
import { driveSuite } from './driveSuite.ts';

driveSuite('memory', async () => {
  const storage = createMemoryStorage(() => Date.now());
  return {
    drive: createMemoryDrive(storage),
    other: createMemoryDrive(storage),
    root: { path: rootPath },
    close: async () => undefined,
  };
});
