import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { DossierError, type FileEntry, type Link, say, type Unread } from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Call } from '../../../fields/operation.ts';
import { findLinkedFolders, type LinkedFolders, staleMs } from '../../../host/linkedFolders.ts';

type Wording = Pick<INodeProperties, 'description'> & { readonly required?: boolean };

/** A parameter that names a linked folder. */
export function linkLocator(wording: Wording): INodeProperties {
  return {
    displayName: 'Linked Folder',
    name: 'link',
    ...wording,
    type: 'resourceLocator',
    default: { mode: 'list', value: '' },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        placeholder: 'Select…',
        typeOptions: { searchListMethod: 'searchLinks', searchable: true },
      },
      { displayName: 'By Path', name: 'path', type: 'string', placeholder: 'e.g. /Photos/2026' },
      { displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 0a1b2c3d-4e5f-8a6b-9c7d-0e1f2a3b4c5d' },
    ],
  };
}

/** The linked folders of the connected account; undefined where nothing was ever recorded. */
export async function linkedFoldersOf({ open, store, signal }: Call): Promise<LinkedFolders | undefined> {
  return findLinkedFolders(await open(), await store(staleMs), signal);
}

/** What a linked folder knows the file at this place as. */
export async function assetAt(call: Call, entry: FileEntry): Promise<string | undefined> {
  const folders = await linkedFoldersOf(call);
  const link = await folders?.around(entry);
  return link && folders?.assetOf(link, entry);
}

/** The linked folders that the parameter names: one, or all when it is empty. */
export function chosenLinks({ context, parameter }: Call, links: readonly Link[]): readonly Link[] {
  const named = String(given(context, 'link', parameter('link')) ?? '').trim();
  if (named === '') return links;
  const found = links.filter(({ id, folder }) => id === named || folder.path === named.replace(/(?<=.)\/+$/, ''));
  if (found.length === 0)
    throw new DossierError(
      'not-found',
      say`"${named}" is not a linked folder of this account: Get Linked Folders shows those that there are`,
    );
  return found;
}

export function linkJson({ id, folder, hashPolicy, privacy, linkedAt, unlinkedAt }: Link): IDataObject {
  return {
    link: id,
    folder: folder.path,
    hashPolicy,
    privacy,
    linkedAt: new Date(linkedAt).toISOString(),
    ...(unlinkedAt === undefined ? {} : { unlinkedAt: new Date(unlinkedAt).toISOString() }),
  };
}

export function unreadJson({ path, spelling, reason, since }: Unread): IDataObject {
  return { path, ...(spelling === undefined ? {} : { spelling }), reason, since: new Date(since).toISOString() };
}

export function unstampedWords(unstamped: DossierError | undefined): string {
  return unstamped ? `. They carry no time stamp: ${unstamped.message}` : '';
}
