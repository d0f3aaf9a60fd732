import { isLinked } from '../../../../shared/index.ts';
import type { Operation } from '../../../fields/operation.ts';
import { linkedFoldersOf, linkJson } from './linkFields.ts';

export const getLinkedFolders: Operation = {
  value: 'getLinkedFolders',
  name: 'Get Linked Folders',
  action: 'Get the linked folders',
  key: 'required',
  description: 'Get the folders of the connected account that are linked to the ledger, one item each',
  properties: [],
  options: [
    {
      displayName: 'Include Unlinked',
      name: 'all',
      type: 'boolean',
      default: false,
      description: 'Whether to include folders that were linked once',
    },
  ],
  async run(call) {
    const { all = false } = (call.parameter('options') ?? {}) as { all?: boolean };
    const links = (await (await linkedFoldersOf(call))?.list(all)) ?? [];
    return { items: links.map((link) => ({ json: { ...linkJson(link), linked: isLinked(link) } })) };
  },
};
