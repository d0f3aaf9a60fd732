import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDriveState, createLocalFolderDrive, createMemoryDrive, createMemoryStorage, parsePath } from '../../shared/index.ts';
import { nodeFiles } from '../../extension/src/host/nodeFiles.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { stateSuite } from './stateSuite.ts';

const folder = parsePath('/.dossier/state');

stateSuite(
  'on a memory drive',
  async () => {
    const clock = createVirtualClock({ auto: true });
    const storage = createMemoryStorage(() => clock.now());
    return { open: async () => createDriveState({ drive: createMemoryDrive(storage), folder, clock }), remove: async () => undefined };
  },
  { shared: true },
);
