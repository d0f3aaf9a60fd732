import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import { createLocalFolderDrive } from '../../drives/localFolder/index.ts';
import type { KindOfConnection } from '../kind.ts';
import { requiredText } from './connectionFields.ts';

export const localFolder: KindOfConnection<{ readonly root: string }> = {
  fields: (entered) => ({ root: requiredText(entered, 'root', say`a folder on this machine`) }),
  authorize: (_connection, _secrets, { http }) => http,
  open({ root }, { files, randomBytes, clock }) {
    if (!files) throw new DossierError('unsupported', 'Local folders are supported in VS Code only', { advice: null });
    return createLocalFolderDrive({ files, root, randomBytes, clock });
  },
};
