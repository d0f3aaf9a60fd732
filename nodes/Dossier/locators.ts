import type { INodeProperties } from 'n8n-workflow';
import { type EntryRef, parsePath, rootPath } from '../../shared/index.ts';

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
    default: { mode: 'path', value: '' },
    modes: [
      { displayName: 'From List', name: 'list', type: 'list', placeholder: 'Select…', typeOptions: { searchListMethod, searchable: true } },
      { displayName: 'By Path', name: 'path', type: 'string', placeholder: 'e.g. /Reports/2026' },
      { displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. id:a4ayc_80_OEAAAAAAAAAXw' },
    ],
  };
}

/** What a locator names: ids begin with their kind, paths with a slash or a name. Empty is `otherwise`. */
export function refOf(value: unknown, otherwise = rootPath): EntryRef {
  const text = String(value ?? '').trim();
  if (text === '') return { path: otherwise };
  return /^(?:id|oc):\S+$/.test(text) ? { path: rootPath, id: text } : { path: parsePath(text) };
}
