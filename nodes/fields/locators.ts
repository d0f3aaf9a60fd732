import { type INodeProperties, isResourceLocatorValue } from 'n8n-workflow';
import { type Connection, type EntryRef, entryOfLink, parsePath, rootPath } from '../../shared/index.ts';
import { given } from './given.ts';
import type { Call } from './operation.ts';

type Wording = Pick<INodeProperties, 'displayName' | 'name' | 'description'> & { readonly required?: boolean };

/** A parameter that names a folder. */
export function folderLocator(wording: Wording): INodeProperties {
  return locator(wording, 'searchFolders');
}

/** A parameter that names a folder of the connection to which something goes. */
export function destinationLocator(wording: Wording): INodeProperties {
  return locator(wording, 'searchDestinations');
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
      {
        displayName: 'By Link',
        name: 'url',
        type: 'string',
        placeholder: 'e.g. https://www.dropbox.com/home/Reports',
        hint: 'The address that the browser shows while the file or folder is open',
      },
    ],
  };
}

/** What a locator names for an item, by path, id or link; one that was left empty is `otherwise`. */
export async function refOf(call: Call, name: string, otherwise?: Connection['folder']): Promise<EntryRef> {
  const { context, itemIndex, parameter, open } = call;
  const located = String(given(context, name, parameter(name)) ?? '');
  const { connection } = await open();
  return entryRef(context.getNodeParameter(name, itemIndex, undefined), located, { connection, otherwise });
}

interface Located {
  readonly connection: Connection;
  /** What is meant by nothing; the top level unless given. */
  readonly otherwise?: Connection['folder'] | undefined;
}

/** What was given names, where what it locates is known. An expression that gives a text may give Dropbox's ids too. */
export function entryRef(value: unknown, located: string, { connection, otherwise = rootPath }: Located): EntryRef {
  const text = located.trim();
  if (text === '') return { path: otherwise };
  if (isResourceLocatorValue(value) && value.mode === 'url') return entryOfLink(text, connection);
  const isId = (isResourceLocatorValue(value) && value.mode === 'id') || /^id:\S+$/.test(text);
  return isId ? { path: rootPath, id: text } : { path: parsePath(text) };
}
