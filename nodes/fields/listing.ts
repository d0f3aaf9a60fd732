import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { type Entry, foldedName } from '../../shared/index.ts';
import { entryJson } from './entryJson.ts';
import { limitFields, limitOf } from './limit.ts';
import { folderLocator, refOf } from './locators.ts';
import type { Call, Result } from './operation.ts';

export const listingFields: readonly INodeProperties[] = [
  folderLocator({
    displayName: 'Folder',
    name: 'path',
    description: 'The folder to list. Empty is the folder for submissions of the connection, or the top level.',
  }),
  ...limitFields,
];

export const listingOptions: readonly INodeProperties[] = [
  {
    displayName: 'All Levels',
    name: 'recursive',
    type: 'boolean',
    default: false,
    description: 'Whether to list the folders within the folder too',
  },
  {
    displayName: 'Name Contains',
    name: 'named',
    type: 'string',
    default: '',
    placeholder: 'e.g. .jpg',
    description: 'Only what has this in its name, in upper or lower case',
  },
];

/** Entries of a folder, one item each. */
export async function listEntries(call: Call, wanted: (entry: Entry) => boolean): Promise<Result> {
  const { parameter, open, again, signal } = call;
  const { drive, connection } = await open();
  const folder = refOf(call, 'path', connection.folder);
  const { recursive = false, named = '' } = (parameter('options') ?? {}) as { recursive?: boolean; named?: string };
  const limit = limitOf(call);
  const matches = (entry: Entry) => wanted(entry) && foldedName(entry.name).includes(foldedName(named));
  const found = await again(async () => {
    const entries: IDataObject[] = [];
    for await (const page of drive.list(folder, { recursive }, { signal })) {
      entries.push(...page.filter(matches).map(entryJson));
      if (entries.length >= limit) break;
    }
    return entries.slice(0, limit);
  });
  return { items: found.map((json) => ({ json })) };
}
