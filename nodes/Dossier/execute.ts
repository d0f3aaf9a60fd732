import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type NodeExecutionHint,
  NodeOperationError,
  type Workflow,
} from 'n8n-workflow';
import { retry } from '../../shared/index.ts';
import type { Call, Operation, Resource } from '../fields/operation.ts';
import { clock } from '../host/clock.ts';
import { createConnections } from '../host/connection.ts';
import { failureJson, toNodeError } from '../host/errors.ts';
import { createReportStores } from '../host/reportStore.ts';

const mostHints = 5;

/**
 * Runs the chosen operation on every item, one after the other, and gives each result the number of the item it came
 * from.
 */
export async function executeNode(
  context: IExecuteFunctions,
  resources: readonly Resource[],
): Promise<INodeExecutionData[][]> {
  const open = createConnections(context);
  const stores = createReportStores(context);
  const outputs: INodeExecutionData[][] = [];
  const hints: NodeExecutionHint[] = [];
  const signal = context.getExecutionCancelSignal();
  try {
    for (const itemIndex of context.getInputData().keys()) {
      const operation = chosen(context, resources, itemIndex);
      while (outputs.length < (operation.outputs?.length ?? 1)) outputs.push([]);
      const parameter = (name: string) => context.getNodeParameter(name, itemIndex, undefined, { extractValue: true });
      const call: Call = {
        context,
        itemIndex,
        signal,
        parameter,
        open: () => open(itemIndex),
        store: async (staleMs) => stores.open(await open(itemIndex), staleMs),
        again: (action) => retry(action, { clock, signal }),
        leadsOn: (output) => leadsOn(context, output),
      };
      try {
        const { items, output = 0, hint } = await operation.run(call);
        if (hint !== undefined)
          hints.push({ message: hint, type: output === 0 ? 'info' : 'warning', location: 'outputPane' });
        outputs[context.isToolExecution() ? 0 : output]?.push(
          ...items.map((item) => ({ ...item, pairedItem: { item: itemIndex } })),
        );
      } catch (error) {
        if (!context.continueOnFail() || signal?.aborted === true)
          throw toNodeError(context.getNode(), error, itemIndex);
        outputs[0]?.push({ json: { ...failureJson(error) }, pairedItem: { item: itemIndex } });
      }
    }
  } finally {
    await stores.close();
  }
  context.addExecutionHints(...hints.slice(0, mostHints));
  return outputs.length === 0 ? [[]] : outputs;
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
