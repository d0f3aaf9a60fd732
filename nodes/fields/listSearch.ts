import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { type Entry, foldedName } from '../../shared/index.ts';
import { createConnections } from '../host/connection.ts';
import { toNodeError } from '../host/errors.ts';
import type { Side } from '../host/kinds.ts';
import { findLinkedFolders, staleMs } from '../host/linkedFolders.ts';
import { createReportStores } from '../host/reportStore.ts';
import { browse } from './browse.ts';

const mostShown = 500;

/** Folders for a locator's list: level by level, a page at a time. */
export async function searchFolders(
  this: ILoadOptionsFunctions,
  filter?: string,
  paginationToken?: string,
): Promise<INodeListSearchResult> {
  return search(this, { filter, paginationToken, wanted: ({ type }) => type === 'folder' });
}

/** The same, of the connection to which something goes. */
export async function searchDestinations(
  this: ILoadOptionsFunctions,
  filter?: string,
  paginationToken?: string,
): Promise<INodeListSearchResult> {
  return search(this, { filter, paginationToken, wanted: ({ type }) => type === 'folder', side: 'destination' });
}

/** The same with the files in them. */
export async function searchEntries(
  this: ILoadOptionsFunctions,
  filter?: string,
  paginationToken?: string,
): Promise<INodeListSearchResult> {
  return search(this, { filter, paginationToken, wanted: () => true });
}

/** Reports of the store, by their titles. */
export async function searchReports(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
  const stores = createReportStores(this);
  try {
    const { reports } = await stores.open(await createConnections(this)(0));
    const found = (await reports.list()).reports
      .map(({ report }) => report)
      .filter(({ title }) => foldedName(title).includes(foldedName(filter ?? '')));
    return {
      results: found.slice(0, mostShown).map(({ id, title, state }) => ({ name: `${title} (${state})`, value: id })),
    };
  } catch (error) {
    throw toNodeError(this.getNode(), error, 0);
  } finally {
    await stores.close();
  }
}

/** Linked folders of the account, by their paths. */
export async function searchLinks(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
  const stores = createReportStores(this);
  try {
    const opened = await createConnections(this)(0);
    const links = (await (await findLinkedFolders(opened, await stores.open(opened, staleMs)))?.list()) ?? [];
    const found = links.filter(({ folder }) => foldedName(folder.path).includes(foldedName(filter ?? '')));
    return { results: found.slice(0, mostShown).map(({ id, folder }) => ({ name: folder.path, value: id })) };
  } catch (error) {
    throw toNodeError(this.getNode(), error, 0);
  } finally {
    await stores.close();
  }
}

interface Search {
  readonly filter: string | undefined;
  readonly paginationToken: string | undefined;
  readonly wanted: (entry: Entry) => boolean;
  readonly side?: Side;
}

async function search(context: ILoadOptionsFunctions, search: Search): Promise<INodeListSearchResult> {
  try {
    const { drive } = await createConnections(context)(0, search.side);
    const { found, next } = await browse(drive, search);
    const results = found.map(({ type, path }) => ({ name: type === 'folder' ? `${path}/` : path, value: path }));
    return { results, ...(next === undefined ? {} : { paginationToken: next }) };
  } catch (error) {
    throw toNodeError(context.getNode(), error, 0);
  }
}
