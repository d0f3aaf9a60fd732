import { DossierError, isCustody, type LedgerEvent } from '../../../../shared/index.ts';
import type { Operation } from '../../../fields/operation.ts';
import { recordedStatements } from '../../../host/recordedItems.ts';
import { linkedFoldersOf } from './linkFields.ts';

export const getAsset: Operation = {
  value: 'getAsset',
  name: 'Get Asset',
  action: 'Get the history of an asset',
  key: 'required',
  description: 'Get one asset with all its statements, oldest first',
  properties: [
    {
      displayName: 'Asset',
      name: 'asset',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. 0a1b2c3d-4e5f-8a6b-9c7d-0e1f2a3b4c5d',
      description: 'ID of the asset, as Get Many Assets and the triggers give it',
    },
  ],
  async run(call) {
    const asset = String(call.parameter('asset') ?? '')
      .trim()
      .toLowerCase();
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(asset))
      throw new DossierError('invalid-input', 'That is not the ID of an asset: Get Many Assets shows them');
    const folders = await linkedFoldersOf(call);
    const records = (await folders?.records.history(asset, call.signal)) ?? [];
    const history = folders
      ? await recordedStatements(
          folders.ledger,
          await folders.list(true),
          records.map(({ index }) => index),
          call.signal,
        )
      : [];
    // Who held a file since says nothing of where it is.
    const newest = history.findLast(({ event }) => !isCustody(event as LedgerEvent));
    if (!newest)
      throw new DossierError('not-found', 'The ledger knows no such asset in linked folders of this account');
    const { version, path, name, folder, link } = newest;
    return {
      items: [{ json: { asset, version, path, name, folder, link, deleted: newest['event'] === 'Delete', history } }],
    };
  },
};
