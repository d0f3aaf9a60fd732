import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { type Change, type EntryRef, isInStore } from '../../shared/index.ts';
import { entryJson } from '../fields/entryJson.ts';
import type { OpenedConnection } from '../host/connection.ts';
import { existingFolder } from '../host/linkedFolders.ts';
import { pollBudget } from './pollBudget.ts';

/**
 * What changed in a folder since the last poll, as the service tells it: without the ledger nobody knows what was there
 * before, so a file that moved is deleted at one place and changed at another.
 */
export async function changedSince(
  context: IPollFunctions,
  opened: OpenedConnection,
  named: EntryRef,
): Promise<IDataObject[]> {
  const { drive } = opened;
  const signal = pollBudget(context);
  const folder = await existingFolder(opened, named, signal);
  const data = context.getWorkflowStaticData('node');
  const key = `cursor ${folder.id ?? folder.path}`;
  const cursor = data[key];
  if (typeof cursor !== 'string') {
    data[key] = await drive.latestCursor(folder, { signal });
    return [];
  }
  const found = new Map<string, IDataObject>();
  let newest = cursor;
  for await (const page of drive.changes(folder, cursor, { signal })) {
    for (const change of page.changes) note(found, change);
    newest = page.cursor;
  }
  data[key] = newest;
  return [...found.values()];
}

/** What came last counts. */
function note(found: Map<string, IDataObject>, change: Change): void {
  const { path } = change.type === 'gone' ? change : change.entry;
  // Records of Dossier itself change whenever something is recorded.
  if (isInStore(path)) return;
  found.delete(path);
  if (change.type === 'gone') found.set(path, { event: 'Deleted', path });
  else if (change.entry.type === 'file') found.set(path, { event: 'Changed', ...entryJson(change.entry) });
}
