import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createLocalFolderDrive, rootPath } from '../../shared/index.ts';
import { driveSuite } from './driveSuite.ts';

driveSuite(
  'localFolder',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'dossier-drive-'));
    const open = () => createLocalFolderDrive({ files: nodeFiles, root, randomBytes });
    return { drive: open(), other: open(), root: { path: rootPath }, close: () => rm(root, { recursive: true }) };
  },
  { refusedNames: ['x'.repeat(300), 'back\\slash'] },
);
