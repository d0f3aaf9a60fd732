import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { DossierError, say } from '../../shared/index.ts';
import type { Operation, Output } from '../fields/operation.ts';

/**
 * What an agent may not do with an operation that it was given as a tool.
 *
 * @throws `forbidden` where its model fills a field that decides too much, and where the answer would be a secret.
 */
export function refuseToAgents(context: IExecuteFunctions, { sensitive = [], notByModel = [], name }: Operation): void {
  if (!context.isToolExecution()) return;
  if (sensitive.length > 0)
    throw new DossierError('forbidden', say`${name} gives a secret, which no agent is given: run it by hand`, {
      advice: null,
    });
  const { parameters } = context.getNode();
  const filled = notByModel.find((field) => JSON.stringify(parameters[field] ?? '').includes('$fromAI'));
  if (filled !== undefined)
    throw new DossierError(
      'forbidden',
      say`The field "${filled}" of ${name} is not for a model to fill: enter it in the node, or let a person confirm`,
      { advice: null },
    );
}

/** Agents read JSON alone; n8n refuses a tool that answers with files. */
export function forAgents(
  context: IExecuteFunctions,
  { binary, ...rest }: Output,
): Pick<INodeExecutionData, 'json' | 'binary'> {
  if (context.isToolExecution() || binary === undefined) return rest;
  return { ...rest, binary };
}
