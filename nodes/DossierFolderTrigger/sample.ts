import type { IDataObject } from 'n8n-workflow';
import type { Drive, EntryRef } from '../../shared/index.ts';
import { entryJson } from '../fields/entryJson.ts';
import type { OpenedConnection } from '../host/connection.ts';
import { existingFolder, findLinkedFolders } from '../host/linkedFolders.ts';
import { newestStatements } from '../host/recordedItems.ts';
import type { ReportStore } from '../host/reportStore.ts';

const sampleSize = 3;

/**
 * The newest statements about a folder; where there are none yet, some of its files. Records nothing and links nothing.
 */
export async function sampleOf(
  opened: OpenedConnection,
  store: ReportStore | undefined,
  named: EntryRef,
): Promise<IDataObject[]> {
  const folder = await existingFolder(opened, named);
  const folders = store && (await findLinkedFolders(opened, store));
  const link = await folders?.around(folder);
  const statements = folders && link ? await newestStatements(folders.ledger, [link], sampleSize) : [];
  return statements.length > 0 ? statements : filesOf(opened.drive, folder, store ? 'Register' : 'Changed');
}

async function filesOf(drive: Drive, folder: EntryRef, event: string): Promise<IDataObject[]> {
  const files: IDataObject[] = [];
  for await (const page of drive.list(folder, { recursive: true, onUnreadable: () => undefined })) {
    for (const entry of page) if (entry.type === 'file') files.push({ event, ...entryJson(entry) });
    if (files.length >= sampleSize) break;
  }
  return files.slice(0, sampleSize);
}
