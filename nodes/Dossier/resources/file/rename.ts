import { parentOf, parseName } from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { entryLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { existingEntry } from '../../existing.ts';

export const renameFile: Operation = {
  value: 'rename',
  name: 'Rename',
  action: 'Rename a file',
  description: 'Give a file another name where it is; never replaces another',
  properties: [
    entryLocator({ displayName: 'File', name: 'path', required: true }),
    {
      displayName: 'New Name',
      name: 'newName',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. photo-2.jpg',
    },
  ],
  async run(call) {
    const name = parseName(String(call.parameter('newName') ?? '').trim());
    const entry = await existingEntry(call, 'path', 'file');
    const { drive } = await call.open();
    const renamed = await drive.move(entry, { path: parentOf(entry.path) }, name, { signal: call.signal });
    return { items: [{ json: entryJson(renamed) }] };
  },
};
