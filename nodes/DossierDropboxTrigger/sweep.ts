import type { INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { createConnections } from '../host/connection.ts';
import { toNodeError } from '../host/errors.ts';
import { findLinkedFolders, staleMs } from '../host/linkedFolders.ts';
import { newestStatements } from '../host/recordedItems.ts';
import { createReportStores } from '../host/reportStore.ts';
import { newStatements } from './walks.ts';

const sampleSize = 3;

/** Looks without a notice, at activation and every so often: whatever notices were missed, their changes are found. */
export async function sweep(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
  try {
    const statements = context.getMode() === 'manual' ? await sample(context) : await newStatements(context);
    return statements.length === 0 ? null : [statements.map((json) => ({ json }))];
  } catch (error) {
    throw toNodeError(context.getNode(), error, 0);
  }
}

async function sample(context: IPollFunctions) {
  const stores = createReportStores(context);
  try {
    const opened = await createConnections(context)(0);
    const folders = await findLinkedFolders(opened, await stores.open(opened, staleMs));
    return folders ? await newestStatements(folders.ledger, await folders.list(), sampleSize) : [];
  } finally {
    await stores.close();
  }
}
