import type { IExecuteFunctions } from 'n8n-workflow';
import type { Operation } from '../fields/operation.ts';

/** One run of an operation, and the items that it takes. */
export interface Run {
  readonly operation: Operation;
  readonly items: readonly [first: number, ...rest: number[]];
}

/** The runs that the items of the node ask for, each in the place of its first item. */
export function runsOf(context: IExecuteFunctions, operationOf: (item: number) => Operation): Run[] {
  const runs: { operation: Operation; items: [number, ...number[]] }[] = [];
  const known = new Map<string, (typeof runs)[number]>();
  for (const item of context.getInputData().keys()) {
    const operation = operationOf(item);
    const shared = sharedBy(context, operation, item);
    const same = shared === undefined ? undefined : known.get(shared);
    if (same?.operation === operation) same.items.push(item);
    else {
      const run: (typeof runs)[number] = { operation, items: [item] };
      runs.push(run);
      if (shared !== undefined) known.set(shared, run);
    }
  }
  return runs;
}

/** An item whose fields cannot be read is taken by itself: its run fails with the same words, and spoils no other. */
function sharedBy(context: IExecuteFunctions, { together }: Operation, itemIndex: number): string | undefined {
  const parameter = (name: string, item = itemIndex) =>
    context.getNodeParameter(name, item, undefined, { extractValue: true });
  try {
    return together?.({ context, itemIndex, parameter });
  } catch {
    return undefined;
  }
}
