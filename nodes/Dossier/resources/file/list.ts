import { listEntries, listingFields, listingOptions } from '../../../fields/listing.ts';
import type { Operation } from '../../../fields/operation.ts';

export const listFiles: Operation = {
  value: 'list',
  name: 'List',
  action: 'List the files in a folder',
  description: 'Get the files that lie in a folder, one item each',
  properties: listingFields,
  options: listingOptions,
  run: (call) => listEntries(call, ({ type }) => type === 'file'),
};
