import { entryJson } from '../../../fields/entryJson.ts';
import { entryLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { existingEntry } from '../../existing.ts';

export const getFile: Operation = {
  value: 'get',
  name: 'Get',
  action: 'Get what is known of a file',
  description: 'Get the size, time, revision and hash of a file, without its content',
  properties: [entryLocator({ displayName: 'File', name: 'path', required: true })],
  async run(call) {
    return { items: [{ json: entryJson(await existingEntry(call, 'path', 'file')) }] };
  },
};
