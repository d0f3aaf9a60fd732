import { randomBytes } from 'node:crypto';
import type { INodeProperties } from 'n8n-workflow';
import { canonicalJson, DossierError, type ReportContent, sha256Hex, utf8 } from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import { firstExecution } from '../../../host/firstExecution.ts';

export const reportKeyOption: INodeProperties = {
  displayName: 'Report Key',
  name: 'reportKey',
  type: 'string',
  default: '',
  placeholder: 'e.g. case-2026-117',
  description:
    'Names the report: a second run with the same key delivers nothing twice. Empty: execution, node and item.',
};

/**
 * The key of the report that an item becomes. Without one of the user's own it is made of what stays the same when n8n
 * tries the same work again: after Retry On Fail, a manual retry, a killed worker, a job that is delivered again.
 */
export function reportKey(call: Call, content: ReportContent): string {
  const { context, itemIndex, parameter } = call;
  const { reportKey: given = '' } = (parameter('options') ?? {}) as { reportKey?: unknown };
  const own = String(given ?? '').trim();
  const { options } = context.getNode().parameters as { options?: { reportKey?: unknown } };
  if (own === '' && String(options?.reportKey ?? '').startsWith('='))
    throw new DossierError('invalid-input', 'The expression for the report key gives nothing for this item');
  if (own !== '') return canonicalJson(['given', own]);
  const execution = firstExecution(context) ?? randomBytes(16).toString('hex');
  const { id, name } = context.getNode();
  const place = [context.getWorkflow().id ?? '', execution, id || name, runIndex(call), itemIndex];
  // An agent calls the node as often as it likes, always as the same item.
  const called = context.isToolExecution() ? [sha256Hex(utf8(content.title + '\n' + content.description))] : [];
  return canonicalJson(['execution', ...place.map(String), ...called]);
}

/** Which run of the node this is, where it stands in a loop. */
function runIndex({ context, itemIndex }: Call): number {
  return Number(context.getWorkflowDataProxy(itemIndex).$runIndex ?? 0);
}
