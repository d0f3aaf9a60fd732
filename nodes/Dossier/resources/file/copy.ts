import type { Operation } from '../../../fields/operation.ts';
import { relocate, relocationFields } from '../../relocation.ts';

export const copyFile: Operation = {
  value: 'copy',
  name: 'Copy',
  action: 'Copy a file',
  description: 'Copy a file; never replaces another',
  properties: relocationFields('file'),
  run: (call) => relocate(call, 'copy', 'file'),
};
