import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { type Entry, foldedName, parentOf, parsePath, rootPath } from '../../shared/index.ts';
import { createConnections } from '../host/connection.ts';
import { toNodeError } from '../host/errors.ts';
import { findLinkedFolders, staleMs } from '../host/linkedFolders.ts';
import { createReportStores } from '../host/reportStore.ts';

const mostShown = 500;

/**
 * Folders for a locator's list: those of the top level, or of the folder that the search text names up to its last
 * slash.
 */
export async function searchFolders(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
  return search(this, filter, ({ type }) => type === 'folder');
}

export async function searchEntries(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
  return search(this, filter, () => true);
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

async function search(
  context: ILoadOptionsFunctions,
  filter: string | undefined,
  wanted: (entry: Entry) => boolean,
): Promise<INodeListSearchResult> {
  try {
    const { drive } = await createConnections(context)(0);
    const typed = filter?.trim() ?? '';
    const slash = typed.lastIndexOf('/');
    const folder = slash <= 0 ? rootPath : parentOf(parsePath(`${typed.slice(0, slash)}/x`));
    const named = foldedName(typed.slice(slash + 1));
    const results: INodeListSearchResult['results'] = [];
    for await (const page of drive.list({ path: folder }, { onUnreadable: () => undefined })) {
      for (const entry of page) {
        if (wanted(entry) && foldedName(entry.name).includes(named))
          results.push({ name: entry.type === 'folder' ? `${entry.path}/` : entry.path, value: entry.path });
      }
      if (results.length >= mostShown) break;
    }
    return { results: results.sort((a, b) => a.name.localeCompare(b.name)).slice(0, mostShown) };
  } catch (error) {
    throw toNodeError(context.getNode(), error, 0);
  }
}
