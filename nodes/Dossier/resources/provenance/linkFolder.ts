import { type HashPolicy, type Privacy } from '../../../../shared/index.ts';
import { beginLinkedFolders, existingFolder, usualHashPolicy } from '../../../host/linkedFolders.ts';
import { folderLocator, refOf } from '../../locators.ts';
import type { Operation } from '../../operation.ts';
import { linkJson } from './linkFields.ts';

export const linkFolder: Operation = {
  value: 'linkFolder',
  name: 'Link Folder',
  action: 'Link a folder to the ledger',
  description: 'Record every file of a folder and of all its subfolders in the ledger, and from then on what changes in it. No file is uploaded; where the service gives a hash, none is downloaded.',
  properties: [
    folderLocator({ displayName: 'Folder', name: 'folder', required: true, description: 'The folder to link, with all its subfolders, also those that come later' }),
    {
      displayName: 'Hash',
      name: 'hashPolicy',
      type: 'options',
      options: [
        { name: 'As the Service Allows', value: '', description: 'The hash that the service gives; where it gives none, files are read and hashed' },
        { name: 'From the Service', value: 'provider', description: 'Never read a file. Where the service gives no hash, only its revision is recorded.' },
        { name: 'Read and Hash Every File', value: 'download', description: 'SHA-256 of each file, read once and not kept' },
      ],
      default: '',
      description: 'Where the hashes come from that the ledger records',
    },
    {
      displayName: 'Privacy',
      name: 'privacy',
      type: 'options',
      options: [
        { name: 'Public', value: 'public', description: 'Whoever has the same file can find it. Names and paths are masked. Not for tiny files, or files that can be guessed.' },
        { name: 'Private', value: 'private', description: 'The statements stay with you' },
      ],
      default: 'public',
      description: 'What others may learn, should the ledger be published',
    },
  ],
  async run(call) {
    const { open, store, parameter, signal } = call;
    const opened = await open();
    const folder = await existingFolder(opened, refOf(call, 'folder'), signal);
    const folders = await beginLinkedFolders(opened, await store(), signal);
    const policy = String(parameter('hashPolicy') ?? '');
    const link = await folders.link(folder, { hashPolicy: policy === '' ? usualHashPolicy(opened) : (policy as HashPolicy), privacy: parameter('privacy') as Privacy });
    const { files, recorded } = await folders.walk(link);
    return { items: [{ json: { ...linkJson(link), files, recorded } }], hint: `"${folder.path}" is linked: ${files} files were seen, ${recorded} statements recorded` };
  },
};
