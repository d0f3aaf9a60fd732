import { randomBytes } from 'node:crypto';
import {
  copiesIn,
  createLocalFolderDrive,
  createWorkspace,
  type FilesPort,
  parseKey,
  parsePath,
  type Workspace,
  type WorkspaceSettings,
} from '../../../../shared/index.ts';
import type { VaultKeeper } from './vaultKeeper.ts';

export interface LocalWorkspaceOptions extends WorkspaceSettings {
  readonly vault: VaultKeeper;
  readonly files: FilesPort;
  /** Dossier's own folder on this computer. */
  readonly root: string;
}

/** The workspace of this computer. Its key may be entered later than it is opened. */
export function createLocalWorkspace({ vault, files, root, ...settings }: LocalWorkspaceOptions): Workspace {
  const key = async () => parseKey(await vault.exportKey());
  const drive = createLocalFolderDrive({ files, root, randomBytes });
  const copies = copiesIn({ drive, folder: parsePath('/copies'), key, clock: settings.clock });
  return createWorkspace({ ...settings, state: vault.state, copies, key });
}
