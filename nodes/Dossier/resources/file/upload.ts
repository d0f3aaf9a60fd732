import type { IDataObject, INodeProperties } from 'n8n-workflow';
import {
  bytesSource,
  DossierError,
  distinctNames,
  ensureFolder,
  type Outcome,
  parseName,
  portableName,
  say,
  utf8,
} from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Call, Operation, Output, Result } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { failureJson } from '../../../host/errors.ts';
import { folderOf } from '../../existing.ts';
import { deliverFiles, type NamedFile, type Placed, type WhenThere } from './deliverFiles.ts';

const failedOutput = 1;

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

const ifThereOption: INodeProperties = {
  displayName: 'If the File Exists',
  name: 'whenThere',
  type: 'options',
  options: [
    { name: 'Fail', value: 'fail', description: 'Leave it as it is and say so' },
    { name: 'Keep Both', value: 'keepBoth', description: 'Give the new one a number' },
    {
      name: 'Replace',
      value: 'replace',
      description: 'Put the new one in its place, unless it changes in that moment',
    },
  ],
  default: 'fail',
  description: 'What happens to other content under the same name. The same content is never sent again.',
};

const createFoldersOption: INodeProperties = {
  displayName: 'Create Missing Folders',
  name: 'parents',
  type: 'boolean',
  default: false,
  description: 'Whether to make the destination folder, with those above it, where it is missing',
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
  outputs: ['Uploaded', 'Failed'],
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
      description: 'Empty: the folder for submissions of the connection, or the top level.',
    }),
  ],
  options: [createFoldersOption, fileNameOption, ifThereOption],
  async run(call) {
    const folder = await folderOf(call, 'folder');
    const { whenThere = 'fail', parents = false } = (call.parameter('options') ?? {}) as UploadOptions;
    if (parents && folder.id === undefined)
      await ensureFolder((await call.open()).drive, folder.path, { signal: call.signal });
    const files = call.parameter('what') === 'text' ? [textFile(call)] : await filesOfItem(call);
    return resultOf(call, files, await deliverFiles(call, folder, files, whenThere));
  },
};

interface FieldFile extends NamedFile {
  /** The binary field that it came in; absent for a text. */
  readonly field?: string;
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
  return files.map(({ field, source }, index) => ({ field, source, name: names[index]! }));
}

/**
 * One item for each file. What failed leaves by Failed with its binary field; where that leads nowhere it is an error,
 * and running the node again sends only what is missing.
 */
function resultOf(call: Call, files: readonly FieldFile[], outcomes: readonly Outcome<Placed>[]): Result {
  const failures = outcomes.filter((outcome) => !outcome.ok);
  const [first] = failures;
  const goesOn = call.context.continueOnFail();
  if (first !== undefined && !call.leadsOn(failedOutput) && !goesOn) {
    const arrived = outcomes.length - failures.length;
    const rest = arrived === 0 ? '' : ` ${arrived} of ${outcomes.length} files have arrived and are not sent again.`;
    throw first.error.code === 'cancelled' || rest === ''
      ? first.error
      : new DossierError(first.error.code, say`${first.error.message}${rest}`, { cause: first.error });
  }
  return {
    items: outcomes.map((outcome, index) => {
      if (outcome.ok) return { json: placedJson(files[index]!, outcome.value) };
      return call.leadsOn(failedOutput)
        ? failedItem(call, files[index]!, outcome.error)
        : { json: { ...failureJson(outcome.error) } };
    }),
  };
}

function placedJson({ field }: FieldFile, { entry, proof, unchanged }: Placed): IDataObject {
  return {
    state: unchanged ? 'unchanged' : 'uploaded',
    ...(field === undefined ? {} : { field }),
    ...entryJson(entry),
    proof: { ...proof },
  };
}

function failedItem({ context, itemIndex }: Call, { field, name }: FieldFile, error: DossierError): Output {
  const binary = field === undefined ? undefined : context.getInputData()[itemIndex]?.binary?.[field];
  const { code, message } = error;
  return {
    json: { state: 'failed', ...(field === undefined ? {} : { field }), name, code, reason: message },
    ...(field === undefined || binary === undefined ? {} : { binary: { [field]: binary } }),
    output: failedOutput,
  };
}
