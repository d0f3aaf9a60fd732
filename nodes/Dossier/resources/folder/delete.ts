import { folderLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { existingEntry } from '../../existing.ts';

export const deleteFolder: Operation = {
  value: 'delete',
  name: 'Delete',
  action: 'Delete a folder',
  description: 'Delete a folder with everything in it',
  notByModel: ['path'],
  properties: [folderLocator({ displayName: 'Folder', name: 'path', required: true })],
  async run(call) {
    const entry = await existingEntry(call, 'path', 'folder');
    const { drive } = await call.open();
    await call.again(() => drive.remove(entry, { signal: call.signal }));
    return { items: [{ json: { deleted: true, path: entry.path } }] };
  },
};
