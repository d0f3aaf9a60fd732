import { ensureFolder, parseName } from '../../../../shared/index.ts';
import { createFoldersOption } from '../../../fields/createFolders.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { mustExistUnlessMade, whenEmpty } from '../../../fields/folderWords.ts';
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
      description: `${mustExistUnlessMade} ${whenEmpty}`,
    }),
    { displayName: 'Name', name: 'name', type: 'string', required: true, default: '', placeholder: 'e.g. Spring 2026' },
  ],
  options: [createFoldersOption],
  async run(call) {
    const { open, parameter, signal } = call;
    const { drive, connection } = await open();
    const name = parseName(String(parameter('name') ?? '').trim());
    const parent = await refOf(call, 'path', connection.folder);
    const { parents = false } = (parameter('options') ?? {}) as { parents?: boolean };
    // A folder that is named by its id is there, or nothing is made.
    if (parents && parent.id === undefined) await ensureFolder(drive, parent.path, { signal });
    const folder = await drive.createFolder(parent, name, { signal });
    return { items: [{ json: entryJson(folder) }] };
  },
};
