import { randomBytes } from 'node:crypto';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { createConnections } from '../host/connection.ts';
import { toNodeError } from '../host/errors.ts';
import { firstExecution } from '../host/firstExecution.ts';
import { batchOf, createHandOver } from '../host/handOver.ts';
import { createReportStores } from '../host/reportStore.ts';
import { sampleOf } from './sample.ts';
import { triggerStore } from './unrecorded.ts';
import { type Fixed, type Watched, watchedBy } from './watched.ts';

/**
 * The first thing that an execution does: it takes over the items that it was started with. Whatever ended n8n before
 * this moment, they are handed to another execution; afterwards they are this one's alone. By hand it shows a sample.
 */
export async function takeOver(context: IExecuteFunctions, fixed?: Fixed): Promise<INodeExecutionData[][]> {
  try {
    const watched = watchedBy(context, fixed);
    if (context.getMode() === 'manual') return [(await sampleOf(context, watched)).map((json) => ({ json }))];
    return [await own(context, watched)];
  } catch (error) {
    throw toNodeError(context.getNode(), error, 0);
  }
}

async function own(context: IExecuteFunctions, watched: Watched): Promise<INodeExecutionData[]> {
  const items = context.getInputData();
  const batches = [...new Set(items.map(({ json }) => batchOf(json)).filter((batch) => batch !== undefined))];
  // Somebody who repeats an execution wants its items, whatever became of them.
  if (batches.length === 0 || (context.getMode() as string) === 'retry') return items;
  const by = firstExecution(context) ?? randomBytes(8).toString('hex');
  const mine = await claim(context, watched, batches, by);
  return items.filter(({ json }) => {
    const batch = batchOf(json);
    return batch === undefined || mine.has(batch);
  });
}

async function claim(
  context: IExecuteFunctions,
  { record }: Watched,
  batches: readonly number[],
  by: string,
): Promise<ReadonlySet<number>> {
  const opened = await createConnections(context)(0);
  if (!record) {
    const store = triggerStore(opened);
    try {
      return await createHandOver(store, context).claim(batches, by);
    } finally {
      await store.close().catch(() => undefined);
    }
  }
  const stores = createReportStores(context);
  try {
    const ledger = await (await stores.open(opened)).ledger();
    return ledger ? await createHandOver(ledger.store, context).claim(batches, by) : new Set();
  } finally {
    await stores.close();
  }
}
