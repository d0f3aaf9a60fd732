import type { Operation } from '../../../fields/operation.ts';
import { relocate, relocationFields } from '../../relocation.ts';

export const moveFile: Operation = {
  value: 'move',
  name: 'Move',
  action: 'Move a file',
  description: 'Move or rename a file; never replaces another',
  properties: relocationFields('file'),
  run: (call) => relocate(call, 'move', 'file'),
};
