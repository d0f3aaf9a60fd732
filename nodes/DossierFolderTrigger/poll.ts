import { type INodeExecutionData, type IPollFunctions, isResourceLocatorValue } from 'n8n-workflow';
import { given } from '../fields/given.ts';
import { entryRef } from '../fields/locators.ts';
import { createConnections } from '../host/connection.ts';
import { toNodeError } from '../host/errors.ts';
import { staleMs } from '../host/linkedFolders.ts';
import { createReportStores } from '../host/reportStore.ts';
import { recordedSince } from './recorded.ts';
import { sampleOf } from './sample.ts';
import { changedSince } from './unrecorded.ts';

/** One look at the folder: an item for each change, or null when there was none. */
export async function pollFolder(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
  const stores = createReportStores(context);
  try {
    const opened = await createConnections(context)(0);
    const locator = context.getNodeParameter('folder');
    const located = given(context, 'folder', isResourceLocatorValue(locator) ? locator.value : locator);
    const folder = entryRef(locator, String(located ?? ''), opened.connection.folder);
    const store = context.getNodeParameter('record') === true ? await stores.open(opened, staleMs) : undefined;
    const look = () => (store ? recordedSince(context, opened, store, folder) : changedSince(context, opened, folder));
    const changes = context.getMode() === 'manual' ? await sampleOf(opened, store, folder) : await look();
    return changes.length === 0 ? null : [changes.map((json) => ({ json }))];
  } catch (error) {
    throw toNodeError(context.getNode(), error, 0);
  } finally {
    await stores.close();
  }
}
