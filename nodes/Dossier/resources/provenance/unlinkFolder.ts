import { DossierError } from '../../../../shared/index.ts';
import type { Operation } from '../../../fields/operation.ts';
import { chosenLinks, linkedFoldersOf, linkJson, linkLocator } from './linkFields.ts';

export const unlinkFolder: Operation = {
  value: 'unlinkFolder',
  name: 'Unlink Folder',
  action: 'Unlink a folder from the ledger',
  key: 'required',
  description: 'Stop recording what changes in linked folders. What was recorded stays.',
  properties: [linkLocator({ required: true, description: 'The folder to unlink' })],
  async run(call) {
    if (String(call.parameter('link') ?? '').trim() === '')
      throw new DossierError('invalid-input', 'Name the folder to unlink; Disconnect unlinks all of them');
    const folders = await linkedFoldersOf(call);
    const items = [];
    for (const link of chosenLinks(call, (await folders?.list()) ?? [])) {
      await folders?.unlink(link);
      items.push({ json: { ...linkJson(link), unlinked: true } });
    }
    return { items };
  },
};
