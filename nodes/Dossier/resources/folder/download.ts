import type { INodeProperties } from 'n8n-workflow';
import {
  DossierError,
  type Drive,
  type FileEntry,
  type FolderEntry,
  folderFiles,
  isInStore,
  say,
  type Unreadable,
  zipOf,
} from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Call, Operation, Output } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { toReadable } from '../../../host/readable.ts';
import { counted } from '../../bags.ts';
import { existingEntry } from '../../existing.ts';

const asField: INodeProperties = {
  displayName: 'Get As',
  name: 'as',
  type: 'options',
  options: [
    { name: 'Items', value: 'items', description: 'One item with one binary for each file' },
    { name: 'ZIP Archive', value: 'zip', description: 'One item with one binary' },
  ],
  default: 'items',
};

export const downloadFolder: Operation = {
  value: 'download',
  name: 'Download',
  action: 'Download a folder',
  description: 'Get all files of a folder and its subfolders, as items or as one archive',
  properties: [folderLocator({ displayName: 'Folder', name: 'path', required: true }), asField],
  async run(call) {
    const folder = await existingEntry(call, 'path', 'folder');
    return { items: call.parameter('as') === 'zip' ? [await zipped(call, folder)] : await asItems(call, folder) };
  },
};

/** All of them or an error: what lacks a file that could not be read would pass for the whole folder. */
async function filesIn({ again, signal }: Call, drive: Drive, folder: FolderEntry): Promise<FileEntry[]> {
  return again(async () => {
    const files: FileEntry[] = [];
    const onUnreadable = ({ path, error }: Unreadable): never => {
      throw new DossierError(error.code, say`"${path}" could not be read: ${error.message}`, { path, cause: error });
    };
    for await (const page of drive.list(folder, { recursive: true, onUnreadable }, { signal }))
      for (const entry of page) if (entry.type === 'file' && !isInStore(entry.path)) files.push(entry);
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

const within = (folder: FolderEntry, { path }: FileEntry): string => path.slice(folder.path.length + 1);

async function asItems(call: Call, folder: FolderEntry): Promise<Output[]> {
  const { drive } = await call.open();
  const items: Output[] = [];
  for (const file of await filesIn(call, drive, folder)) {
    const data = await call.again(async () => {
      const pieces = drive.read(file, {}, { signal: call.signal });
      const stored = await call.context.helpers.prepareBinaryData(await toReadable(whole(pieces, file)), file.name);
      return stored;
    });
    items.push({ json: { ...entryJson(file), relativePath: within(folder, file) }, binary: { data } });
  }
  return items;
}

async function zipped(call: Call, folder: FolderEntry): Promise<Output> {
  const { drive } = await call.open();
  const told = { files: 0, size: 0 };
  const files = counted(folderFiles({ drive, folder, clock, signal: call.signal }), told);
  const archive = await toReadable(zipOf(files));
  const data = await call.context.helpers.prepareBinaryData(archive, `${folder.name}.zip`, 'application/zip');
  return { json: { ...entryJson(folder), ...told }, binary: { data } };
}

/** What arrives cut short is not a file of the folder. */
async function* whole(pieces: AsyncIterable<Uint8Array>, { path, size }: FileEntry): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of pieces) {
    at += piece.length;
    yield piece;
  }
  if (at !== size)
    throw new DossierError(
      'integrity-mismatch',
      say`"${path}" changed while it was downloaded, or arrived damaged (${at} of ${size} bytes)`,
      { path },
    );
}
