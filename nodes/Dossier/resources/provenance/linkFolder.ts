import { type EntryRef, type GuessableFile, guessable } from '../../../../shared/index.ts';
import { folderLocator, refOf } from '../../../fields/locators.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { policiesOf, policyFields } from '../../../fields/policyFields.ts';
import { beginLinkedFolders, existingFolder, staleMs } from '../../../host/linkedFolders.ts';
import { publishRecorded, unpublishedWords } from '../../../host/publishing.ts';
import { unreadWords } from '../../../host/unreadWords.ts';
import { linkJson, unreadJson, unstampedWords } from './linkFields.ts';

export const linkFolder: Operation = {
  value: 'linkFolder',
  name: 'Link Folder',
  action: 'Link a folder to the ledger',
  key: 'required',
  description: 'Record every file of a folder, and from then on what changes in it',
  notByModel: ['folder'],
  properties: [
    folderLocator({
      displayName: 'Folder',
      name: 'folder',
      required: true,
      description: 'The folder to link, with all its subfolders, also those that come later',
    }),
    ...policyFields,
  ],
  async run(call) {
    const { open, store, parameter, signal } = call;
    const opened = await open();
    const folder = await existingFolder(opened, await refOf(call, 'folder'), signal);
    const folders = await beginLinkedFolders(opened, await store(staleMs), signal);
    const link = await folders.link(folder, policiesOf(opened, parameter));
    const { files, recorded, unread = [] } = await folders.walk(link);
    const attested = await folders.attest(link);
    const unstamped = recorded + attested > 0 ? unstampedWords(await folders.vouch()) : '';
    const unpublished = unpublishedWords(await publishRecorded(opened, folders.ledger, signal));
    const guessed = link.privacy === 'public' ? await guessableIn(call, folder) : [];
    const warning =
      guessed.length === 0
        ? ''
        : `. Of ${guessed.length} files, such as "${guessed[0]?.file.name}", the content can be guessed and compared with a public hash: link them privately if that matters`;
    return {
      items: [
        {
          json: {
            ...linkJson(link),
            files,
            recorded,
            attested,
            guessable: guessed.length,
            unread: unread.map(unreadJson),
          },
        },
      ],
      hint: `"${folder.path}" is linked: ${files} files were seen, ${recorded} statements recorded${unstamped}${unpublished}${unreadWords(unread)}${warning}`,
    };
  },
};

async function guessableIn({ open, again, signal }: Call, folder: EntryRef): Promise<GuessableFile[]> {
  const { drive } = await open();
  return again(async () => {
    const found: GuessableFile[] = [];
    const options = { recursive: true, onUnreadable: () => undefined };
    for await (const page of drive.list(folder, options, { signal })) found.push(...guessable(page));
    return found;
  });
}
