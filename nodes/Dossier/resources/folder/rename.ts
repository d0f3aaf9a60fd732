import { parentOf, parseName } from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { existingEntry } from '../../existing.ts';

export const renameFolder: Operation = {
  value: 'rename',
  name: 'Rename',
  action: 'Rename a folder',
  description: 'Give a folder another name where it is; never replaces another',
  properties: [
    folderLocator({ displayName: 'Folder', name: 'path', required: true }),
    {
      displayName: 'New Name',
      name: 'newName',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. Spring 2026',
    },
  ],
  async run(call) {
    const name = parseName(String(call.parameter('newName') ?? '').trim());
    const entry = await existingEntry(call, 'path', 'folder');
    const { drive } = await call.open();
    const renamed = await drive.move(entry, { path: parentOf(entry.path) }, name, { signal: call.signal });
    return { items: [{ json: entryJson(renamed) }] };
  },
};
