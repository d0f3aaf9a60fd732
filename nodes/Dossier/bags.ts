import type { INodeProperties } from 'n8n-workflow';
import { bagOf, inFolder, type OutgoingFile, placeExport, portableName, zipOf } from '../../shared/index.ts';
import { folderLocator } from '../fields/locators.ts';
import type { Call, Output } from '../fields/operation.ts';
import { clock } from '../host/clock.ts';
import { toReadable } from '../host/readable.ts';
import { folderOf } from './existing.ts';

const formatField: INodeProperties = {
  displayName: 'Format',
  name: 'format',
  type: 'options',
  options: [
    { name: 'ZIP Archive', value: 'zip' },
    { name: 'BagIt', value: 'bag', description: 'A bag of the standard RFC 8493, which archives take and check' },
  ],
  default: 'zip',
};

/** Where a bag goes; `show` names the choice with which one is made. */
export function bagFields(show?: Readonly<Record<string, string[]>>): INodeProperties[] {
  return [
    {
      displayName: 'Put the Bag',
      name: 'bagTo',
      type: 'options',
      options: [
        { name: 'In a Binary Field', value: 'binary', description: 'As one ZIP archive of any size' },
        { name: 'In a Folder of the Connection', value: 'folder', description: 'As a new folder, file by file' },
      ],
      default: 'binary',
      ...(show && { displayOptions: { show: { ...show } } }),
    },
    {
      ...folderLocator({
        displayName: 'Parent Folder',
        name: 'bagFolder',
        description: 'Where the folder of the bag is made. What lies there already is never touched.',
      }),
      displayOptions: { show: { ...show, bagTo: ['folder'] } },
    },
  ];
}

/** Where a plain archive can be had as well. */
export const formatFields: readonly INodeProperties[] = [formatField, ...bagFields({ format: ['bag'] })];

type BagContent = Omit<Parameters<typeof bagOf>[0], 'now'>;

/** Makes a bag where the node's fields say: in the field `archive`, or in a new folder. */
export async function putBag(call: Call, content: BagContent): Promise<Output> {
  const { context, signal } = call;
  const name = portableName(content.name, { maxLength: 80, fallback: 'bag' });
  const told = { files: 0, size: 0 };
  const files = bagOf({ ...content, payload: counted(content.payload, told), now: clock.now() });
  if (call.parameter('bagTo') === 'folder') {
    const { drive } = await call.open();
    const { path } = await placeExport(files, {
      drive,
      parent: await folderOf(call, 'bagFolder'),
      name: `${name} bag`,
      clock,
      signal,
    });
    return { json: { bag: path, ...told } };
  }
  const archive = await context.helpers.prepareBinaryData(
    await toReadable(zipOf(inFolder(name, files))),
    `${name}.zip`,
    'application/zip',
  );
  return { json: { bag: `${name}.zip`, ...told }, binary: { archive } };
}

/** Files on their way, and what they came to. */
export async function* counted(
  payload: AsyncIterable<OutgoingFile>,
  told: { files: number; size: number },
): AsyncIterable<OutgoingFile> {
  for await (const file of payload) {
    told.files++;
    told.size += 'bytes' in file ? file.bytes.length : file.body.size;
    yield file;
  }
}
