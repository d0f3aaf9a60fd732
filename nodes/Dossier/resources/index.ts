import type { Resource } from '../operation.ts';
import { listFolder } from './folder/list.ts';
import { submitReport } from './report/submit.ts';

/** Everything the node can do. */
export const resources: readonly Resource[] = [
  { value: 'folder', name: 'Folder', operations: [listFolder] },
  { value: 'report', name: 'Report', operations: [submitReport] },
];
