import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createDriveState, createLocalFolderDrive, parsePath } from '../../shared/index.ts';
import { createMemoryDrive, createMemoryStorage } from '../../shared/testing.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { stateSuite } from './stateSuite.ts';

const folder = parsePath('/.dossier/state');

stateSuite(
  'on a memory drive',
  async () => {
    const clock = createVirtualClock({ auto: true });
    const storage = createMemoryStorage(() => clock.now());
    return {
      open: async () => createDriveState({ drive: createMemoryDrive(storage), folder, clock }),
      remove: async () => undefined,
    };
  },
  { shared: true },
);

stateSuite(
  'on a local folder',
  async () => {
    const clock = createVirtualClock({ auto: true });
    const root = await mkdtemp(join(tmpdir(), 'dossier-state-'));
    const open = async () =>
      createDriveState({ drive: createLocalFolderDrive({ files: nodeFiles, root, randomBytes }), folder, clock });
    return { open, remove: () => rm(root, { recursive: true, force: true }) };
  },
  { shared: true },
);
