import type { INodeProperties } from 'n8n-workflow';
import {
  bytesSource,
  DossierError,
  distinctNames,
  ensureFolder,
  parseName,
  portableName,
  say,
  utf8,
} from '../../../../shared/index.ts';
import { createFoldersOption } from '../../../fields/createFolders.ts';
import { mustExistUnlessMade, whenEmpty } from '../../../fields/folderWords.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { folderOf } from '../../existing.ts';
import { deliverFiles, type NamedFile, type WhenThere } from './deliverFiles.ts';
import { ifThereOption } from './ifThere.ts';
import { type Sent, uploadOutputs, uploadResult } from './uploadResult.ts';

const whatToUpload: INodeProperties = {
  displayName: 'What to Upload',
  name: 'what',
  type: 'options',
  options: [
    { name: 'Binary Files', value: 'binary', description: 'Files that the item brings' },
    { name: 'Text', value: 'text', description: 'A text file with the text below, in UTF-8' },
  ],
  default: 'binary',
};

const fileNameOption: INodeProperties = {
  displayName: 'File Name',
  name: 'fileName',
  type: 'string',
  default: '',
  placeholder: 'e.g. photo.jpg',
  description: 'Instead of the name that the file came with, where there is one file',
};

interface UploadOptions {
  readonly whenThere?: WhenThere;
  readonly parents?: boolean;
}

export const uploadFile: Operation = {
  value: 'upload',
  name: 'Upload',
  action: 'Upload files',
  description: 'Upload files or a text, and prove that each arrived; the same content only once',
  outputs: uploadOutputs,
  notByModel: ['folder'],
  properties: [
    whatToUpload,
    {
      displayName: 'Input Binary Fields',
      name: 'fields',
      type: 'string',
      default: '',
      placeholder: 'e.g. data, photo',
      description: 'Names of the binary fields to upload, separated by commas. Empty uploads all that the item has.',
      displayOptions: { show: { what: ['binary'] } },
    },
    {
      displayName: 'Text',
      name: 'text',
      type: 'string',
      typeOptions: { rows: 4 },
      default: '',
      displayOptions: { show: { what: ['text'] } },
    },
    {
      displayName: 'File Name',
      name: 'textName',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. notes.txt',
      displayOptions: { show: { what: ['text'] } },
    },
    folderLocator({
      displayName: 'Destination Folder',
      name: 'folder',
      description: `${mustExistUnlessMade} ${whenEmpty}`,
    }),
  ],
  options: [createFoldersOption, fileNameOption, ifThereOption],
  async run(call) {
    const folder = await folderOf(call, 'folder');
    const { whenThere = 'fail', parents = false } = (call.parameter('options') ?? {}) as UploadOptions;
    if (parents && folder.id === undefined)
      await ensureFolder((await call.open()).drive, folder.path, { signal: call.signal });
    const files = call.parameter('what') === 'text' ? [textFile(call)] : await filesOfItem(call);
    const outcomes = await deliverFiles(call, folder, files, whenThere);
    return uploadResult(
      call,
      files.map(({ name, brought }, index) => ({
        name,
        about: brought === undefined ? {} : { field: brought.field },
        ...(brought && { brought }),
        outcome: outcomes[index]!,
      })),
    );
  },
};

interface FieldFile extends NamedFile {
  /** The binary that it came as; absent for a text. */
  readonly brought?: Sent['brought'];
}

function textFile({ parameter }: Call): FieldFile {
  const name = parseName(String(parameter('textName') ?? '').trim());
  return { name, source: bytesSource(utf8(String(parameter('text') ?? ''))) };
}

async function filesOfItem({ context, itemIndex, parameter }: Call): Promise<FieldFile[]> {
  const { fileName = '' } = (parameter('options') ?? {}) as { fileName?: string };
  const files = await binaryFiles(context, itemIndex, parameter('fields'));
  if (files.length === 0)
    throw new DossierError('source-missing', say`Item ${itemIndex} has no binary field to upload`);
  if (fileName !== '' && files.length > 1)
    throw new DossierError('invalid-input', say`One file name cannot be given to ${files.length} files`);
  const wanted = files.map(({ name }) =>
    portableName(fileName === '' ? name : fileName, { maxLength: 200, fallback: 'file', keepExtension: true }),
  );
  const names = distinctNames(wanted);
  return files.map(({ field, binary, source }, index) => ({ brought: { field, binary }, source, name: names[index]! }));
}
