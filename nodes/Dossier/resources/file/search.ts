import { listEntries, searchFields } from '../../../fields/listing.ts';
import type { Operation } from '../../../fields/operation.ts';

export const searchFiles: Operation = {
  value: 'search',
  name: 'Search',
  action: 'Search for files by name',
  description: 'Find files by a part of their name, in a folder and all its subfolders',
  properties: searchFields,
  run: (call) => listEntries(call, ({ type }) => type === 'file'),
};
