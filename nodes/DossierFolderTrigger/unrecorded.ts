import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { type Change, type EntryRef, isInStore, parsePath } from '../../shared/index.ts';
import { entryJson } from '../fields/entryJson.ts';
import { clock } from '../host/clock.ts';
import type { OpenedConnection } from '../host/connection.ts';
import { existingFolder } from '../host/linkedFolders.ts';
import { everywhereAfterMs } from './lookEverywhere.ts';
import { pollBudget } from './pollBudget.ts';
import { newlyUnread, type Unreadable } from './unread.ts';

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
  const unreadable: Unreadable[] = [];
  let newest = cursor;
  for await (const page of drive.changes(folder, cursor, { signal }, { everywhere: isEverywhereDue(context, key) })) {
    for (const change of page.changes) note(found, change);
    for (const { error, ...each } of page.unreadable ?? []) unreadable.push({ ...each, reason: error.message });
    newest = page.cursor;
  }
  data[key] = newest;
  const isUser = ({ path }: Unreadable) => !isInStore(parsePath(path));
  return [...found.values(), ...newlyUnread(context, key, unreadable.filter(isUser))];
}

/** Noted before it is done: what n8n cuts off for its length is not tried again at once. */
function isEverywhereDue(context: IPollFunctions, key: string): boolean {
  const after = everywhereAfterMs(context);
  const data = context.getWorkflowStaticData('node');
  const due = after !== undefined && clock.now() - Number(data[`everywhere ${key}`] ?? 0) >= after;
  if (due) data[`everywhere ${key}`] = clock.now();
  return due;
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
