import type { Unread } from '../../../../shared/index.ts';
import type { Operation, Output } from '../../../fields/operation.ts';
import { publishRecorded, unpublishedWords } from '../../../host/publishing.ts';
import { recordedStatements } from '../../../host/recordedItems.ts';
import { unreadWords } from '../../../host/unreadWords.ts';
import { chosenLinks, linkedFoldersOf, linkLocator, unstampedWords } from './linkFields.ts';

export const recordChanges: Operation = {
  value: 'recordChanges',
  name: 'Record Changes',
  action: 'Record what changed in linked folders',
  key: 'required',
  description: 'Record now what changed in linked folders: one item for each statement',
  properties: [
    linkLocator({ description: 'The folder to look at. Empty looks at all linked folders of the account.' }),
  ],
  options: [
    {
      displayName: 'List Everything',
      name: 'sweep',
      type: 'boolean',
      default: false,
      description:
        'Whether to compare with a complete listing, which also finds what a change feed does not tell, such as names that changed only their case',
    },
  ],
  async run(call) {
    const { sweep = false } = (call.parameter('options') ?? {}) as { sweep?: boolean };
    const folders = await linkedFoldersOf(call);
    const links = chosenLinks(call, (await folders?.list()) ?? []);
    if (!folders) return { items: [], hint: 'No folder is linked yet' };
    const items: Output[] = [];
    const unreadable: Unread[] = [];
    let seen = 0;
    let attested = 0;
    for (const link of links) {
      const { indexes, files, unread = [] } = await folders.walk(link, { sweep });
      seen += files;
      unreadable.push(...unread);
      attested += await folders.attest(link);
      items.push(...(await recordedStatements(folders.ledger, [link], indexes, call.signal)).map((json) => ({ json })));
    }
    const hasRecorded = items.length + attested > 0;
    const unstamped = hasRecorded ? unstampedWords(await folders.vouch()) : '';
    const unpublished = hasRecorded
      ? unpublishedWords(await publishRecorded(await call.open(), folders.ledger, call.signal))
      : '';
    return {
      items,
      hint: `${items.length} statements recorded in ${links.length} linked folders, ${seen} files looked at${attested > 0 ? `, ${attested} read and attested` : ''}${unstamped}${unpublished}${unreadWords(unreadable)}`,
    };
  },
};
