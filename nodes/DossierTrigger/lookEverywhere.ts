import type { INodeProperties } from 'n8n-workflow';

/** Milliseconds between two looks into every folder. */
const intervals = { always: 0, hourly: 3_600_000, daily: 86_400_000, never: undefined } as const;

export type Everywhere = keyof typeof intervals;

export const lookEverywhere: INodeProperties = {
  displayName: 'Look Into Every Folder',
  name: 'lookEverywhere',
  type: 'options',
  default: 'daily',
  options: [
    { name: 'At Every Poll', value: 'always' },
    { name: 'Once a Day', value: 'daily' },
    { name: 'Once an Hour', value: 'hourly' },
    { name: 'Only Where the Service Tells of Changes', value: 'never' },
  ],
  description:
    'When to list folders of which the service says that nothing changed. It does not notice what others write to external storage behind its back.',
};

/** Undefined for never. */
export function everywhereAfterMs(chosen: Everywhere = 'daily'): number | undefined {
  return intervals[chosen];
}
