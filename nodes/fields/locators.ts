import { type INodeProperties, isResourceLocatorValue } from 'n8n-workflow';
import { type EntryRef, parsePath, rootPath } from '../../shared/index.ts';
import { given } from './given.ts';
import type { Call } from './operation.ts';

type Wording = Pick<INodeProperties, 'displayName' | 'name' | 'description'> & { readonly required?: boolean };

/** A parameter that names a folder. */
export function folderLocator(wording: Wording): INodeProperties {
  return locator(wording, 'searchFolders');
}

/** A parameter that names a file or a folder. */
export function entryLocator(wording: Wording): INodeProperties {
  return locator(wording, 'searchEntries');
}

function locator(wording: Wording, searchListMethod: string): INodeProperties {
  return {
    ...wording,
    type: 'resourceLocator',
    default: { mode: 'list', value: '' },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        placeholder: 'Select…',
        typeOptions: { searchListMethod, searchable: true },
      },
      { displayName: 'By Path', name: 'path', type: 'string', placeholder: 'e.g. /Reports/2026' },
      { displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. id:a4ayc_80_OEAAAAAAAAAXw' },
    ],
  };
}

/** What a locator names for an item, by path or by id; one that was left empty is `otherwise`. */
export function refOf({ context, itemIndex, parameter }: Call, name: string, otherwise = rootPath): EntryRef {
  const located = String(given(context, name, parameter(name)) ?? '');
  return entryRef(context.getNodeParameter(name, itemIndex, undefined), located, otherwise);
}

/** What was given names, where what it locates is known. An expression that gives a text may give Dropbox's ids too. */
export function entryRef(value: unknown, located: string, otherwise = rootPath): EntryRef {
  const text = located.trim();
  if (text === '') return { path: otherwise };
  const isId = (isResourceLocatorValue(value) && value.mode === 'id') || /^id:\S+$/.test(text);
  return isId ? { path: rootPath, id: text } : { path: parsePath(text) };
}
