import type { Operation } from '../../../fields/operation.ts';
import { relocate, relocationFields } from '../../relocation.ts';

export const copyFolder: Operation = {
  value: 'copy',
  name: 'Copy',
  action: 'Copy a folder',
  description: 'Copy a folder with all that is in it; never replaces another',
  properties: relocationFields('folder'),
  run: (call) => relocate(call, 'copy', 'folder'),
};
