import type { IDataObject } from 'n8n-workflow';
import type { Operation } from '../../operation.ts';
import { entryJson } from '../../entryJson.ts';
import { folderLocator, refOf } from '../../locators.ts';

export const listFolder: Operation = {
  value: 'list',
  name: 'List',
  action: 'List a folder',
  description: 'Get what lies in a folder, one item for each file and folder',
  properties: [
    folderLocator({ displayName: 'Folder', name: 'path', description: 'The folder to list. Empty is the top level.' }),
    { displayName: 'Return All', name: 'returnAll', type: 'boolean', default: false, description: 'Whether to return all results or only up to a given limit' },
    {
      displayName: 'Limit',
      name: 'limit',
      type: 'number',
      typeOptions: { minValue: 1 },
      default: 50,
      description: 'Max number of results to return',
      displayOptions: { show: { returnAll: [false] } },
    },
  ],
  options: [
    { displayName: 'All Levels', name: 'recursive', type: 'boolean', default: false, description: 'Whether to list the folders within the folder too' },
    {
      displayName: 'Only',
      name: 'only',
      type: 'options',
      options: [
        { name: 'Files', value: 'file' },
        { name: 'Files and Folders', value: '' },
        { name: 'Folders', value: 'folder' },
      ],
      default: '',
    },
  ],
  async run({ parameter, open, signal }) {
    const { drive, connection } = await open();
    const { recursive = false, only = '' } = (parameter('options') ?? {}) as { recursive?: boolean; only?: string };
    const limit = parameter('returnAll') === true ? Infinity : Number(parameter('limit'));
    const found: IDataObject[] = [];
    for await (const page of drive.list(refOf(parameter('path'), connection.folder), { recursive }, { signal })) {
      found.push(...page.filter(({ type }) => only === '' || type === only).map(entryJson));
      if (found.length >= limit) break;
    }
    return { items: found.slice(0, limit).map((json) => ({ json })) };
  },
};
