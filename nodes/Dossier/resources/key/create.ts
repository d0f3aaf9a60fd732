import { createKey as createDossierKey } from '../../../../shared/index.ts';
import type { Operation } from '../../../fields/operation.ts';

export const createKey: Operation = {
  value: 'create',
  name: 'Create',
  action: 'Create a key',
  description: 'Make a Dossier key. The saved execution shows it: read the notice first.',
  properties: [
    {
      displayName:
        'n8n saves this key in clear with the execution, for everybody who may see executions and by its API. To leave no trace, make the key in VS Code (<b>Dossier: Create Key</b>), or turn off <b>Save successful</b> and <b>Save manual executions</b> in the settings of this workflow before you run it. Put the key into a Dossier Key credential, and keep a copy.',
      name: 'trace',
      type: 'notice',
      default: '',
    },
  ],
  needsConnection: false,
  sensitive: ['dossierKey'],
  async run() {
    return {
      items: [{ json: { dossierKey: createDossierKey() } }],
      hint: 'Keep a copy of this key, and delete this execution if n8n has saved it: the key is in it in clear',
    };
  },
};
