import type {
  IExecuteFunctions,
  IHookFunctions,
  ILoadOptionsFunctions,
  IPollFunctions,
  IWebhookFunctions,
} from 'n8n-workflow';

/** Every kind of call that n8n makes into a node with credentials. */
export type NodeContext =
  | IExecuteFunctions
  | ILoadOptionsFunctions
  | IPollFunctions
  | IWebhookFunctions
  | IHookFunctions;

/**
 * A parameter of the node: for one item while it executes, as the form shows it while a list is offered, and of the
 * node as a whole in triggers. Where the node has no such field, `otherwise`; n8n's own error unless that is given.
 */
export function nodeParameter(context: NodeContext, name: string, itemIndex: number, otherwise?: null): unknown {
  if ('getInputData' in context) return context.getNodeParameter(name, itemIndex, otherwise);
  if ('getCurrentNodeParameter' in context) return context.getCurrentNodeParameter(name);
  return context.getNodeParameter(name, otherwise);
}
