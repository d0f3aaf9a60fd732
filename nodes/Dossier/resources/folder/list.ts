import { listEntries, listingFields, listingOptions } from '../../../fields/listing.ts';
import type { Operation } from '../../../fields/operation.ts';

export const listFolder: Operation = {
  value: 'list',
  name: 'List',
  action: 'List a folder',
  description: 'Get the files and folders that lie in a folder, one item each',
  properties: listingFields,
  options: listingOptions,
  run: (call) => listEntries(call, () => true),
};
