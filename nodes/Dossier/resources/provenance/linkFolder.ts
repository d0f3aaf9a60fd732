import { beginLinkedFolders, existingFolder } from '../../../host/linkedFolders.ts';
import { folderLocator, refOf } from '../../locators.ts';
import type { Operation } from '../../operation.ts';
import { linkJson } from './linkFields.ts';
import { policiesOf, policyFields } from './policyFields.ts';

export const linkFolder: Operation = {
  value: 'linkFolder',
  name: 'Link Folder',
  action: 'Link a folder to the ledger',
  description: 'Record every file of a folder and of all its subfolders in the ledger, and from then on what changes in it. No file is uploaded; where the service gives a hash, none is downloaded.',
  properties: [
    folderLocator({ displayName: 'Folder', name: 'folder', required: true, description: 'The folder to link, with all its subfolders, also those that come later' }),
    ...policyFields,
  ],
  async run(call) {
    const { open, store, parameter, signal } = call;
    const opened = await open();
    const folder = await existingFolder(opened, refOf(call, 'folder'), signal);
    const folders = await beginLinkedFolders(opened, await store(), signal);
    const link = await folders.link(folder, policiesOf(opened, parameter));
    const { files, recorded } = await folders.walk(link);
    return { items: [{ json: { ...linkJson(link), files, recorded } }], hint: `"${folder.path}" is linked: ${files} files were seen, ${recorded} statements recorded` };
  },
};
