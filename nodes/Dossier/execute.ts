import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type IPairedItemData,
  NodeOperationError,
  type Workflow,
} from 'n8n-workflow';
import { retry } from '../../shared/index.ts';
import type { Call, Operation, Output, Resource, Result } from '../fields/operation.ts';
import { clock } from '../host/clock.ts';
import { createConnections } from '../host/connection.ts';
import { failureJson, toNodeError } from '../host/errors.ts';
import { createReportStores } from '../host/reportStore.ts';
import { forAgents, refuseToAgents } from './forAgents.ts';
import { hintsOf, type Said } from './hints.ts';
import { openTogether } from './openTogether.ts';
import { type Run, runsOf } from './runs.ts';

/**
 * Runs the chosen operation on every item, one after the other, or on several together where it asks for that, and
 * gives each result the numbers of the items it came from.
 */
export async function executeNode(
  context: IExecuteFunctions,
  resources: readonly Resource[],
): Promise<INodeExecutionData[][]> {
  const stores = createReportStores(context);
  const callOf = createCalls(context, stores);
  const outputs: INodeExecutionData[][] = [];
  const said: Said[] = [];
  try {
    for (const run of runsOf(context, (item) => chosen(context, resources, item))) {
      while (outputs.length < (run.operation.outputs?.length ?? 1)) outputs.push([]);
      try {
        refuseToAgents(context, run.operation);
        const result = await run.operation.run(callOf(run));
        if (result.hint !== undefined) said.push({ text: result.hint, warning: (result.output ?? 0) !== 0 });
        handOut(context, run, result, outputs);
      } catch (error) {
        if (!context.continueOnFail() || context.getExecutionCancelSignal()?.aborted === true)
          throw toNodeError(context.getNode(), error, run.items[0]);
        outputs[0]?.push(...run.items.map((item) => ({ json: { ...failureJson(error) }, pairedItem: { item } })));
      }
    }
  } finally {
    await stores.close();
  }
  context.addExecutionHints(...hintsOf(said));
  return outputs.length === 0 ? [[]] : outputs;
}

/** What an operation is given for the items that it takes. */
function createCalls(context: IExecuteFunctions, stores: ReturnType<typeof createReportStores>): (run: Run) => Call {
  const open = createConnections(context);
  const signal = context.getExecutionCancelSignal();
  return ({ items }) => {
    const [itemIndex] = items;
    const together = openTogether(open, items);
    return {
      context,
      itemIndex,
      items,
      signal,
      parameter: (name, item = itemIndex) => context.getNodeParameter(name, item, undefined, { extractValue: true }),
      open: together,
      openDestination: () => open(itemIndex, 'destination'),
      store: async (staleMs) => stores.open(await open(itemIndex, 'destination'), staleMs),
      again: (action) => retry(action, { clock, signal }),
      leadsOn: (output) => leadsOn(context, output),
    };
  };
}

function handOut(
  context: IExecuteFunctions,
  { items: all }: Run,
  { items, output = 0 }: Result,
  outputs: INodeExecutionData[][],
): void {
  const give = ({ output: own = output, item, ...rest }: Output) =>
    outputs[context.isToolExecution() ? 0 : own]?.push({
      ...forAgents(context, rest),
      pairedItem: paired(item === undefined ? all : [item]),
    });
  items.forEach(give);
}

function paired(items: readonly number[]): IPairedItemData | IPairedItemData[] {
  const all = items.map((item) => ({ item }));
  return all.length === 1 ? all[0]! : all;
}

/**
 * Nothing may leave by an output that nobody listens to. An agent that uses the node as a tool gets everything by the
 * first one.
 */
function leadsOn(context: IExecuteFunctions, output: number): boolean {
  const { workflow } = context as { workflow?: Pick<Workflow, 'connectionsBySourceNode'> };
  const connected = workflow?.connectionsBySourceNode[context.getNode().name]?.['main']?.[output];
  return context.isToolExecution() || workflow === undefined || (connected?.length ?? 0) > 0;
}

function chosen(context: IExecuteFunctions, resources: readonly Resource[], itemIndex: number): Operation {
  const [resource, operation] = ['resource', 'operation'].map((name) => context.getNodeParameter(name, itemIndex));
  const found = resources.find(({ value }) => value === resource)?.operations.find(({ value }) => value === operation);
  if (found === undefined)
    throw new NodeOperationError(
      context.getNode(),
      `There is no operation "${String(operation)}" for "${String(resource)}"`,
      { itemIndex },
    );
  return found;
}
