import { type IExecuteFunctions, type INodeExecutionData, NodeOperationError } from 'n8n-workflow';
import { createConnections } from '../host/connection.ts';
import { failureJson, toNodeError } from '../host/errors.ts';
import type { Call, Operation, Resource } from './operation.ts';

/** Runs the chosen operation on every item, one after the other, and gives each result the number of the item it came from. */
export async function executeNode(context: IExecuteFunctions, resources: readonly Resource[]): Promise<INodeExecutionData[][]> {
  const open = createConnections(context);
  const outputs: INodeExecutionData[][] = [];
  const signal = context.getExecutionCancelSignal();
  for (const itemIndex of context.getInputData().keys()) {
    const operation = chosen(context, resources, itemIndex);
    while (outputs.length < (operation.outputs?.length ?? 1)) outputs.push([]);
    const parameter = (name: string) => context.getNodeParameter(name, itemIndex, undefined, { extractValue: true });
    const call: Call = { context, itemIndex, signal, parameter, open: () => open(itemIndex) };
    try {
      const { items, output = 0 } = await operation.run(call);
      outputs[output]?.push(...items.map((item) => ({ ...item, pairedItem: { item: itemIndex } })));
    } catch (error) {
      const shown = toNodeError(context.getNode(), error, itemIndex);
      if (!context.continueOnFail() || signal?.aborted === true) throw shown;
      outputs[0]?.push({ json: { ...failureJson(error) }, error: shown, pairedItem: { item: itemIndex } });
    }
  }
  return outputs.length === 0 ? [[]] : outputs;
}

function chosen(context: IExecuteFunctions, resources: readonly Resource[], itemIndex: number): Operation {
  const [resource, operation] = ['resource', 'operation'].map((name) => context.getNodeParameter(name, itemIndex));
  const found = resources.find(({ value }) => value === resource)?.operations.find(({ value }) => value === operation);
  if (found === undefined) throw new NodeOperationError(context.getNode(), `There is no operation "${String(operation)}" for "${String(resource)}"`, { itemIndex });
  return found;
}
