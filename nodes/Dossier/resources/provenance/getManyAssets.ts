import { nameOf } from '../../../../shared/index.ts';
import { limitFields, limitOf } from '../../../fields/limit.ts';
import type { Operation, Output } from '../../../fields/operation.ts';
import { chosenLinks, linkedFoldersOf, linkLocator } from './linkFields.ts';

export const getManyAssets: Operation = {
  value: 'getManyAssets',
  name: 'Get Many Assets',
  action: 'Get many assets of linked folders',
  key: 'required',
  description: 'Get the files that the ledger knows, one item each, newest first',
  properties: [
    linkLocator({
      description: 'The folder whose assets to get. Empty gets those of all linked folders of the account.',
    }),
    ...limitFields,
  ],
  async run(call) {
    const { signal } = call;
    const limit = limitOf(call);
    const folders = await linkedFoldersOf(call);
    const items: Output[] = [];
    // Also where nothing was ever recorded, what was named has to be there.
    for (const link of chosenLinks(call, (await folders?.list()) ?? [])) {
      const files = (await folders!.links.files(link, signal)).sort((a, b) => (a.path < b.path ? -1 : 1));
      for (const { asset, path, digests, hashSource, index } of files.slice(0, Math.max(0, limit - items.length))) {
        const version = (await folders!.ledger.log.asset(asset, signal))?.version ?? 0;
        items.push({
          json: {
            asset,
            version,
            path,
            name: nameOf(path),
            digests: { ...digests },
            hashSource,
            index,
            folder: link.folder.path,
            link: link.id,
          },
        });
      }
    }
    return { items };
  },
};
