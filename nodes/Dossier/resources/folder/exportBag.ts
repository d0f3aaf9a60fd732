import { folderFiles, receiptsOfFiles } from '../../../../shared/index.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { bagFields, putBag } from '../../bags.ts';
import { existingEntry } from '../../existing.ts';
import { ledgerOf } from '../provenance/subject.ts';

export const exportFolder: Operation = {
  value: 'exportBag',
  name: 'Export as BagIt',
  action: 'Export a folder as a bag',
  description: 'Get a delivered report or any other folder as a BagIt bag, which archives take and check',
  key: 'whenRecording',
  properties: [
    folderLocator({
      displayName: 'Folder',
      name: 'path',
      required: true,
      description: 'The folder of a report, one with several of them, a linked folder or any other',
    }),
    ...bagFields(),
    {
      displayName: 'With Receipts',
      name: 'record',
      type: 'boolean',
      default: false,
      description:
        'Whether the bag brings the receipt of each file that the ledger of the connected folder knows, and the keys to check them by',
    },
  ],
  async run(call) {
    const { drive } = await call.open();
    const folder = await existingEntry(call, 'path', 'folder');
    const ledger = call.parameter('record') === true ? await ledgerOf(call) : undefined;
    const { json, binary } = await putBag(call, {
      payload: folderFiles({ drive, folder, clock, signal: call.signal }),
      name: folder.name,
      ...(ledger && receiptsOfFiles(ledger, call.signal)),
    });
    return { items: [{ json: { path: folder.path, ...json }, ...(binary && { binary }) }] };
  },
};
