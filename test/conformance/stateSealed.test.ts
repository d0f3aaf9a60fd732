import { createDriveState, createKey, createVault, parseKey, parsePath } from '../../shared/index.ts';
import { usualLevels } from '../../shared/state/segments/compaction.ts';
import { createMemoryDrive, createMemoryStorage, createStoreCipher } from '../../shared/testing.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import { stateSuite } from './stateSuite.ts';

const key = parseKey(createKey());
const vault = createVault(key);

// So small that the records of every test move into segments, and these are merged.
const sizes = {
  levels: { ...usualLevels, tail: 100, runs: 600, upper: 1_000, atOnce: 2_000 },
  shape: { blockSize: 100, segmentSize: 400 },
  cache: 2_000,
  graceMs: 1_000,
};

stateSuite(
  'sealed, in segments on a memory drive',
  async () => {
    const clock = createVirtualClock({ auto: true });
    const storage = createMemoryStorage(() => clock.now());
    const cipher = createStoreCipher(key, await vault);
    const folder = parsePath('/.dossier/state');
    const drive = createMemoryDrive(storage);
    return {
      open: async () => createDriveState({ drive, folder, clock, cipher, sizes }),
      remove: async () => undefined,
    };
  },
  { shared: true },
);
