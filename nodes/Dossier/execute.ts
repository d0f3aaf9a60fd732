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
import { forAgents, refuseToAgents } from './forAgents.ts';

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
  const said: Said[] = [];
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
        openDestination: () => open(itemIndex, 'destination'),
        store: async (staleMs) => stores.open(await open(itemIndex, 'destination'), staleMs),
        again: (action) => retry(action, { clock, signal }),
        leadsOn: (output) => leadsOn(context, output),
      };
      try {
        refuseToAgents(context, operation);
        const { items, output = 0, hint } = await operation.run(call);
        if (hint !== undefined) said.push({ text: hint, warning: output !== 0 });
        for (const { output: own = output, ...item } of items)
          outputs[context.isToolExecution() ? 0 : own]?.push({
            ...forAgents(context, item),
            pairedItem: { item: itemIndex },
          });
      } catch (error) {
        if (!context.continueOnFail() || signal?.aborted === true)
          throw toNodeError(context.getNode(), error, itemIndex);
        outputs[0]?.push({ json: { ...failureJson(error) }, pairedItem: { item: itemIndex } });
      }
    }
  } finally {
    await stores.close();
  }
  context.addExecutionHints(...hintsOf(said));
  return outputs.length === 0 ? [[]] : outputs;
}

interface Said {
  readonly text: string;
  readonly warning: boolean;
}

/** One banner for what went well and one for what did not, however many items said it. */
function hintsOf(said: readonly Said[]): NodeExecutionHint[] {
  return [false, true].flatMap((warning): NodeExecutionHint[] => {
    const [first, ...rest] = said.filter((each) => each.warning === warning).map(({ text }) => text);
    if (first === undefined) return [];
    const message =
      rest.length === 0 ? first : `${first} (and ${rest.length} more ${rest.length === 1 ? 'item' : 'items'})`;
    return [{ message, type: warning ? 'warning' : 'info', location: 'outputPane' }];
  });
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
