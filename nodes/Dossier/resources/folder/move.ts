import type { Operation } from '../../../fields/operation.ts';
import { relocate, relocationFields } from '../../relocation.ts';

export const moveFolder: Operation = {
  value: 'move',
  name: 'Move',
  action: 'Move a folder',
  description: 'Move or rename a folder with all that is in it; never replaces another',
  properties: relocationFields('folder'),
  run: (call) => relocate(call, 'move', 'folder'),
};
