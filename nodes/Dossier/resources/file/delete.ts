import { entryLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { existingEntry } from '../../existing.ts';

export const deleteFile: Operation = {
  value: 'delete',
  name: 'Delete',
  action: 'Delete a file',
  description: 'Delete a file at its place',
  notByModel: ['path'],
  properties: [entryLocator({ displayName: 'File', name: 'path', required: true })],
  async run(call) {
    const entry = await existingEntry(call, 'path', 'file');
    const { drive } = await call.open();
    await call.again(() => drive.remove(entry, { signal: call.signal }));
    return { items: [{ json: { deleted: true, path: entry.path } }] };
  },
};
