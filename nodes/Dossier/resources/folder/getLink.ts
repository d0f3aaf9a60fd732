import { DossierError } from '../../../../shared/index.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { hostKindOf } from '../../../host/kinds.ts';
import { existingEntry } from '../../existing.ts';

export const getFolderLink: Operation = {
  value: 'getLink',
  name: 'Get Link',
  action: 'Get a link to a folder',
  description: 'Get an address at which people with access can open the folder',
  properties: [folderLocator({ displayName: 'Folder', name: 'path', required: true })],
  options: [
    {
      displayName: 'App Folder Name',
      name: 'appFolder',
      type: 'string',
      default: '',
      placeholder: 'e.g. My Reports App',
      description: 'Of a Dropbox app that sees only its own folder: the name of that folder in Apps',
    },
  ],
  async run(call) {
    const { drive, connection } = await call.open();
    if (!drive.capabilities.links)
      throw new DossierError('unsupported', 'This kind of place has no links to its folders');
    const entry = await existingEntry(call, 'path', 'folder');
    const { appFolder = '' } = (call.parameter('options') ?? {}) as { appFolder?: string };
    const page = hostKindOf(connection).folderPage?.(entry, appFolder.trim());
    const url = page ?? (await call.again(() => drive.link(entry, { signal: call.signal })));
    return { items: [{ json: { path: entry.path, url } }] };
  },
};
