import type { IDataObject } from 'n8n-workflow';
import { type Drive, type EntryRef, isInStore } from '../../shared/index.ts';
import { createConnections, type OpenedConnection } from '../host/connection.ts';
import type { NodeContext } from '../host/context.ts';
import { existingFolder, findLinkedFolders, type LinkedFolders, staleMs } from '../host/linkedFolders.ts';
import { newestStatements } from '../host/recordedItems.ts';
import { createReportStores } from '../host/reportStore.ts';
import { type ChangeItem, changeOfEntry } from './change.ts';
import { withLinks } from './links.ts';
import { allLinks, itemsOf, nothingLinked } from './recorded.ts';
import { namedFolder, type Watched } from './watched.ts';

const sampleSize = 3;
const mostPages = 20;

/**
 * What items look like, for somebody who builds a workflow: the newest statements, or where there are none, or nothing is
 * recorded, files of the folder. Records nothing, links nothing, and takes nothing from the next look.
 */
export async function sampleOf(context: NodeContext, watched: Watched): Promise<IDataObject[]> {
  const stores = createReportStores(context);
  try {
    const opened = await createConnections(context)(0);
    const store = watched.record ? await stores.open(opened, staleMs) : undefined;
    const folders = store && (await findLinkedFolders(opened, store));
    const items = store ? await recorded(context, watched, opened, folders) : await told(context, opened);
    const numbered = items.map((item, index) => ({ ...item, change: `0.${index}` }));
    return await withLinks(numbered, watched, opened);
  } finally {
    await stores.close();
  }
}

async function recorded(
  context: NodeContext,
  watched: Watched,
  opened: OpenedConnection,
  folders: LinkedFolders | undefined,
): Promise<IDataObject[]> {
  const folder = watched.allLinked ? undefined : await existingFolder(opened, namedFolder(context, opened));
  const around = folder && (await folders?.around(folder));
  const links = around ? [around] : folder || !folders ? [] : await allLinks(folders);
  if (folders && links.length > 0) {
    const statements = await newestStatements(folders.ledger, links, sampleSize);
    const items = await itemsOf(folders, statements, { watched, folder: folder?.path });
    if (items.length > 0) return items;
  }
  const from = folder ?? links[0]?.folder;
  if (!from) throw nothingLinked();
  const files = await filesOf(opened.drive, from);
  return files.map((file) => ({ ...file, event: 'created', ...notYetRecorded }));
}

/** What a statement adds, for a folder of which nothing is recorded yet. */
const notYetRecorded = {
  statement: 0,
  asset: '00000000-0000-0000-0000-000000000000',
  version: 1,
  hashSource: 'none',
} as const;

async function told(context: NodeContext, opened: OpenedConnection): Promise<IDataObject[]> {
  const folder = await existingFolder(opened, namedFolder(context, opened));
  return (await filesOf(opened.drive, folder)).map((file) => ({ ...file }));
}

async function filesOf(drive: Drive, folder: EntryRef): Promise<ChangeItem[]> {
  const files: ChangeItem[] = [];
  let pages = 0;
  for await (const page of drive.list(folder, { recursive: true, onUnreadable: () => undefined })) {
    for (const entry of page) {
      const item = isInStore(entry.path) ? undefined : changeOfEntry({ type: 'present', entry }, folder.path);
      if (item) files.push(item);
    }
    if (files.length >= sampleSize || ++pages >= mostPages) break;
  }
  return files.slice(0, sampleSize);
}
