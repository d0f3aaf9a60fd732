import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { stateSuite } from './stateSuite.ts';

stateSuite(
  'sqlite',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dossier-state-'));
    return {
      open: async () => createSqliteState(join(folder, 'state.db')),
      remove: async () => rmSync(folder, { recursive: true }),
    };
  },
  { shared: true },
);
