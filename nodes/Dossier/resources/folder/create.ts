import { parseName } from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { folderLocator, refOf } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';

export const createFolder: Operation = {
  value: 'create',
  name: 'Create',
  action: 'Create a folder',
  description: 'Make a new folder; fails when anything has that name already',
  properties: [
    folderLocator({
      displayName: 'Parent Folder',
      name: 'path',
      description: 'Empty is the folder for submissions of the connection, or the top level',
    }),
    { displayName: 'Name', name: 'name', type: 'string', required: true, default: '', placeholder: 'e.g. Spring 2026' },
  ],
  async run(call) {
    const { open, parameter, signal } = call;
    const { drive, connection } = await open();
    const folder = await drive.createFolder(
      await refOf(call, 'path', connection.folder),
      parseName(String(parameter('name') ?? '').trim()),
      { signal },
    );
    return { items: [{ json: entryJson(folder) }] };
  },
};
