import type { INodeProperties } from 'n8n-workflow';
import { ensureFolder } from '../../../../shared/index.ts';
import { madeWhereMissing, whenEmpty } from '../../../fields/folderWords.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { folderOf } from '../../existing.ts';
import type { WhenThere } from '../file/deliverFiles.ts';
import { ifThereOption } from '../file/ifThere.ts';
import { uploadOutputs, uploadResult } from '../file/uploadResult.ts';
import { deliverTree } from './deliverTree.ts';
import { filesOfArchive, filesOfItems } from './filesWithPaths.ts';

const fieldsForBinaries: readonly INodeProperties[] = [
  {
    displayName: 'Input Binary Fields',
    name: 'fields',
    type: 'string',
    default: '',
    placeholder: 'e.g. data, photo',
    description: 'Names of the binary fields to upload, separated by commas. Empty uploads all that the item has.',
  },
  {
    displayName: 'Path in Folder',
    name: 'relativePath',
    type: 'string',
    default: '',
    placeholder: 'e.g. photos/bridge.jpg',
    description:
      'Where the file goes, with its name; after a slash at the end its own name follows. Empty: the field relativePath of the item, as Folder: Download gives it, or else its own name.',
  },
];

export const uploadFolder: Operation = {
  value: 'upload',
  name: 'Upload',
  action: 'Upload a folder',
  description: 'Upload files of all items with their paths, or a ZIP archive; skip what is there',
  outputs: uploadOutputs,
  notByModel: ['folder'],
  properties: [
    {
      displayName: 'What to Upload',
      name: 'what',
      type: 'options',
      options: [
        { name: 'Binary Files', value: 'binary', description: 'Files of all items, each at its path in the folder' },
        { name: 'ZIP Archive', value: 'zip', description: 'What is in an archive, with its folders' },
      ],
      default: 'binary',
    },
    ...fieldsForBinaries.map((field) => ({ ...field, displayOptions: { show: { what: ['binary'] } } })),
    {
      displayName: 'Input Binary Field',
      name: 'archive',
      type: 'string',
      required: true,
      default: 'data',
      hint: 'The name of the input binary field that holds the archive',
      displayOptions: { show: { what: ['zip'] } },
    },
    folderLocator({
      displayName: 'Destination Folder',
      name: 'folder',
      description: `${madeWhereMissing} ${whenEmpty}`,
    }),
  ],
  options: [ifThereOption],
  together({ context, itemIndex, parameter }) {
    if (parameter('what') === 'zip') return undefined;
    const shared = ['folder', 'connection', 'options'];
    return JSON.stringify(shared.map((name) => context.getNodeParameter(name, itemIndex, null)));
  },
  async run(call) {
    const { drive } = await call.open();
    const named = await folderOf(call, 'folder');
    const root = named.id === undefined ? await ensureFolder(drive, named.path, { signal: call.signal }) : named;
    const files = await (call.parameter('what') === 'zip' ? filesOfArchive : filesOfItems)(call);
    const { whenThere = 'fail' } = (call.parameter('options') ?? {}) as { whenThere?: WhenThere };
    return uploadResult(call, await deliverTree(call, root, files, whenThere));
  },
};
