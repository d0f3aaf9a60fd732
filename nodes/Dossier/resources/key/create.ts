import { createKey as createDossierKey } from '../../../../shared/index.ts';
import type { Operation } from '../../../fields/operation.ts';

export const createKey: Operation = {
  value: 'create',
  name: 'Create',
  action: 'Create a key',
  description:
    'Make a new Dossier key. n8n hides it in its executions: pass it on to the place where you keep secrets, and put it into a Dossier Key credential.',
  properties: [],
  needsConnection: false,
  sensitive: ['dossierKey'],
  async run() {
    return {
      items: [{ json: { dossierKey: createDossierKey() } }],
      hint: 'Keep a copy of this key: without it, what it encrypts cannot be read by anybody',
    };
  },
};
