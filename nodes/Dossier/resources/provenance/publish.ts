import {
  createPublications,
  DossierError,
  ensureFolder,
  publishTo,
  say,
  verificationLink,
} from '../../../../shared/index.ts';
import { madeWhereMissing } from '../../../fields/folderWords.ts';
import { folderLocator, refOf } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { staleMs } from '../../../host/linkedFolders.ts';
import { ledgerOf } from './subject.ts';

export const publishLedger: Operation = {
  value: 'publish',
  key: 'required',
  name: 'Publish',
  action: 'Publish the ledger',
  description: 'Write what is public of the ledger as files that anybody can verify against',
  properties: [
    {
      displayName:
        'Anybody can check a file against what is published, in a browser and without an account. Names and paths are never in it; of what is private, only hashes that say nothing.',
      name: 'publishNotice',
      type: 'notice',
      default: '',
    },
    folderLocator({
      displayName: 'Folder',
      name: 'folder',
      required: true,
      description: `An empty folder of the connection, outside the linked folders, that a web server shows. ${madeWhereMissing}`,
    }),
    {
      displayName: 'Address',
      name: 'address',
      type: 'string',
      default: '',
      placeholder: 'e.g. https://example.org/ledger/',
      description: 'Where everybody reaches that folder. With it, the output has the link to give to others.',
    },
    {
      displayName: 'Publish by Itself',
      name: 'automatic',
      type: 'boolean',
      default: true,
      description:
        'Whether this ledger is published there again whenever something is recorded through this connection',
    },
  ],
  options: [
    {
      displayName: 'Write Everything Again',
      name: 'whole',
      type: 'boolean',
      default: false,
      description: 'Whether to write all files anew, also those that seem to be there',
    },
  ],
  async run(call) {
    const { open, store, parameter, signal, again } = call;
    const opened = await open();
    await store(staleMs);
    const ledger = await ledgerOf(call);
    if (!ledger) throw new DossierError('not-found', 'Nothing was recorded yet: there is no ledger to publish');
    const { drive, connection } = opened;
    const folder = await refOf(call, 'folder');
    const { id: account } = await again(() => drive.account({ signal }));
    const at = await again(async () =>
      folder.id === undefined
        ? ensureFolder(drive, folder.path, { signal })
        : ((await drive.stat(folder, { signal })) ?? missing(folder.id)),
    );
    const { whole = false } = (parameter('options') ?? {}) as { whole?: boolean };
    const publication = await createPublications(ledger.store).set(
      {
        place: { connection: connection.id, kind: drive.kind, account, folder: { path: at.path } },
        address: String(parameter('address') ?? ''),
        automatic: parameter('automatic') === true,
      },
      signal,
    );
    const published = await publishTo({ ledger, publication, drive, whole, signal });
    const fingerprint = ledger.log.statementFingerprint;
    const { address } = publication;
    return {
      items: [
        {
          json: {
            ledger: ledger.log.identity.origin,
            fingerprint,
            folder: at.path,
            entries: published.size,
            changed: published.changed,
            repaired: published.repaired,
            ...(address === undefined ? {} : { address, verificationLink: verificationLink(address, fingerprint) }),
          },
        },
      ],
      hint: published.repaired
        ? `What lay in "${at.path}" was not what had been published: an older state, or a changed file. It is right again`
        : `${published.size} entries are published in "${at.path}"`,
    };
  },
};

function missing(id: string): never {
  throw new DossierError('not-found', say`There is no folder with the id "${id}"`);
}
