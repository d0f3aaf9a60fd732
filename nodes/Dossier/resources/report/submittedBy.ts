import type { INodeProperties } from 'n8n-workflow';
import type { Call } from '../../../fields/operation.ts';

export const submittedByOption: INodeProperties = {
  displayName: 'Submitted By',
  name: 'submittedBy',
  type: 'string',
  default: '',
  placeholder: 'e.g. Anna Example',
  description: 'Who submits the report, as it is to stand in its manifest and its crate. Empty: nobody is named.',
};

export function submittedBy(parameter: Call['parameter']): string | undefined {
  const { submittedBy: given } = (parameter('options') ?? {}) as { submittedBy?: unknown };
  return String(given ?? '').trim() || undefined;
}
