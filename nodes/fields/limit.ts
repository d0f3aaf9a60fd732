import type { INodeProperties } from 'n8n-workflow';
import type { Call } from './operation.ts';

/** How n8n asks everywhere how many results are wanted. */
export const limitFields: readonly INodeProperties[] = [
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 50,
    description: 'Max number of results to return',
    displayOptions: { show: { returnAll: [false] } },
  },
];

/** The answer to `limitFields`. */
export function limitOf({ parameter }: Pick<Call, 'parameter'>): number {
  return parameter('returnAll') === true ? Infinity : Number(parameter('limit'));
}
