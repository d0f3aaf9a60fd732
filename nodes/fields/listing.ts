import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { DossierError, type Entry, foldedName, isInStore, type Unreadable } from '../../shared/index.ts';
import { unreadWords } from '../host/unreadWords.ts';
import { entryJson } from './entryJson.ts';
import { whenEmpty } from './folderWords.ts';
import { limitFields, limitOf } from './limit.ts';
import { folderLocator, refOf } from './locators.ts';
import type { Call, Result } from './operation.ts';

export const listingFields: readonly INodeProperties[] = [
  folderLocator({
    displayName: 'Folder',
    name: 'path',
    description: `The folder to list. ${whenEmpty}`,
  }),
  ...limitFields,
];

export const searchFields: readonly INodeProperties[] = [
  {
    displayName: 'Name Contains',
    name: 'query',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. invoice',
    description: 'A part of the name, in upper or lower case',
  },
  folderLocator({
    displayName: 'Folder',
    name: 'path',
    description: `Where to search. ${whenEmpty}`,
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

/** Entries of a folder, one item each. The folders in which Dossier keeps its records are left out. */
export async function listEntries(call: Call, wanted: (entry: Entry) => boolean): Promise<Result> {
  const { open, again, signal } = call;
  const { drive, connection } = await open();
  const folder = await refOf(call, 'path', connection.folder);
  const { recursive, named } = choicesOf(call);
  const limit = limitOf(call);
  const ownShown = isInStore(folder.path);
  const matches = (entry: Entry) =>
    wanted(entry) && foldedName(entry.name).includes(foldedName(named)) && (ownShown || !isInStore(entry.path));
  const { entries, unreadable } = await again(async () => {
    const entries: IDataObject[] = [];
    const unreadable: Unreadable[] = [];
    const onUnreadable = (each: Unreadable) => void unreadable.push(each);
    for await (const page of drive.list(folder, { recursive, onUnreadable }, { signal })) {
      entries.push(...page.filter(matches).map(entryJson));
      if (entries.length >= limit) break;
    }
    return { entries: entries.slice(0, limit), unreadable };
  });
  const items = entries.map((json) => ({ json }));
  if (unreadable.length === 0) return { items };
  return { items, hint: `This listing is not complete${unreadWords(unreadable)}: ${unreadable[0]?.error.message}` };
}

/** Search asks for a part of the name and looks at all levels; List has both as options. */
function choicesOf({ parameter }: Call): { readonly recursive: boolean; readonly named: string } {
  if (parameter('operation') !== 'search') {
    const { recursive = false, named = '' } = (parameter('options') ?? {}) as { recursive?: boolean; named?: string };
    return { recursive, named };
  }
  const named = String(parameter('query') ?? '').trim();
  if (named === '') throw new DossierError('invalid-input', 'Enter a part of the name to search for');
  return { recursive: true, named };
}
