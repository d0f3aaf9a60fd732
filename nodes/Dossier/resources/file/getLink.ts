import { DossierError } from '../../../../shared/index.ts';
import { entryLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { existingEntry } from '../../existing.ts';

export const getFileLink: Operation = {
  value: 'getLink',
  name: 'Get Link',
  action: 'Get a link to a file',
  description: 'Get an address at which a person can open the file',
  properties: [entryLocator({ displayName: 'File', name: 'path', required: true })],
  async run(call) {
    const { drive } = await call.open();
    if (!drive.capabilities.links)
      throw new DossierError('unsupported', 'This kind of place has no links to its files');
    const entry = await existingEntry(call, 'path', 'file');
    const link = await call.again(() => drive.link(entry, { signal: call.signal }));
    return { items: [{ json: { path: entry.path, url: link } }] };
  },
};
