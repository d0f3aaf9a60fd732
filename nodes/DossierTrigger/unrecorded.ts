import type { IDataObject } from 'n8n-workflow';
import {
  type Change,
  createDriveState,
  type DrivePath,
  type EntryRef,
  isInStore,
  type Json,
  joinPath,
  parentOf,
  parsePath,
  storeFolders,
} from '../../shared/index.ts';
import { clock } from '../host/clock.ts';
import type { OpenedConnection } from '../host/connection.ts';
import { createHandOver } from '../host/handOver.ts';
import { existingFolder } from '../host/linkedFolders.ts';
import { type ChangeItem, changeOfEntry } from './change.ts';
import { pollBudget } from './pollBudget.ts';
import { newlyUnread, type Unreadable } from './unread.ts';
import { type Look, namedFolder } from './watched.ts';

/**
 * What changed in a folder since the last poll, as the service tells it. n8n keeps how far it has come, together with
 * the items.
 */
export async function changedSince(look: Look, opened: OpenedConnection): Promise<IDataObject[]> {
  const { context, watched } = look;
  const signal = pollBudget(context);
  const folder = await existingFolder(opened, namedFolder(context, opened), signal);
  const data = context.getWorkflowStaticData('node');
  const key = `cursor ${folder.id ?? folder.path}`;
  const cursor = data[key];
  if (typeof cursor !== 'string') {
    data[key] = await opened.drive.latestCursor(folder, { signal });
    return [];
  }
  const everywhere = isEverywhereDue(look, key);
  const { items, position, unreadable } = await told({ look, opened, folder, signal }, cursor, everywhere);
  data[key] = position;
  return [...items, ...newlyUnread(context, key, unreadable).filter((item) => watched.wants(item, folder.path))];
}

/**
 * The same for several processes of n8n that look after notices: how far they have come, and what they handed over,
 * lies in the folder of Dossier's records on the drive, as the service told it.
 */
export async function toldSince(look: Look, opened: OpenedConnection): Promise<IDataObject[]> {
  const { context } = look;
  const signal = pollBudget(context);
  const folder = await existingFolder(opened, namedFolder(context, opened), signal);
  const store = triggerStore(opened);
  try {
    const handOver = createHandOver(store, context);
    if ((await handOver.position()) === undefined)
      await handOver.begin(await opened.drive.latestCursor(folder, { signal }));
    return await handOver.take({
      async find(position) {
        const found = await told({ look, opened, folder, signal }, String(position), false);
        // What is kept about this lies in the same place: to write it down for that alone would call for the next look.
        return found.items.length === 0 && found.isQuiet
          ? { items: [], position, given: null }
          : { items: found.items, position: found.position, given: found.items as unknown as Json };
      },
      again: async (given) => given as unknown as IDataObject[],
    });
  } finally {
    await store.close().catch(() => undefined);
  }
}

/** For what several processes have to agree on where there is no ledger. Nothing in it is secret to the drive. */
export function triggerStore({ drive, connection }: OpenedConnection) {
  const folder = joinPath(parentOf(storeFolders(connection.folder).state), 'triggers');
  return createDriveState({ drive, folder, clock });
}

interface Telling {
  readonly look: Look;
  readonly opened: OpenedConnection;
  readonly folder: EntryRef;
  readonly signal: AbortSignal;
}

interface Told {
  readonly items: IDataObject[];
  readonly position: string;
  readonly unreadable: readonly Unreadable[];
  /** Nothing but records of Dossier itself changed. */
  readonly isQuiet: boolean;
}

async function told({ look, opened, folder, signal }: Telling, cursor: string, everywhere: boolean): Promise<Told> {
  const changes: Change[] = [];
  const unreadable: Unreadable[] = [];
  let position = cursor;
  for await (const page of opened.drive.changes(folder, cursor, { signal }, { everywhere })) {
    changes.push(...page.changes);
    for (const { error, ...each } of page.unreadable ?? [])
      if (!isInStore(parsePath(each.path))) unreadable.push({ ...each, reason: error.message });
    position = page.cursor;
  }
  const items = itemsOfChanges(changes, folder.path).filter((item) => look.watched.wants(item, folder.path));
  const isQuiet = changes.every((change) => isInStore(change.type === 'gone' ? change.path : change.entry.path));
  return { items: items.map((item) => ({ ...item })), position, unreadable, isQuiet };
}

/** What came last counts. What is gone at one place and there at another by its id has moved. */
export function itemsOfChanges(changes: readonly Change[], folder: DrivePath): ChangeItem[] {
  const last = new Map<string, Change>();
  for (const change of changes) {
    const { path } = change.type === 'gone' ? change : change.entry;
    // Records of Dossier itself change whenever something is recorded.
    if (isInStore(path)) continue;
    last.delete(path);
    last.set(path, change);
  }
  const gone = new Map<string, string>();
  for (const change of last.values())
    if (change.type === 'gone' && change.id !== undefined) gone.set(change.id, change.path);
  const moved = new Set<string>();
  const items = new Map<string, ChangeItem>();
  for (const [path, change] of last) {
    const before = change.type === 'present' && change.entry.id !== undefined ? gone.get(change.entry.id) : undefined;
    const item = changeOfEntry(change, folder, before);
    if (item && before !== undefined) moved.add(before);
    if (item) items.set(path, item);
  }
  return [...items].filter(([path]) => !moved.has(path)).map(([, item]) => item);
}

/** Noted before it is done: what n8n cuts off for its length is not tried again at once. */
function isEverywhereDue({ context, watched }: Look, key: string): boolean {
  const { everywhereAfterMs: after } = watched;
  const data = context.getWorkflowStaticData('node');
  const due = after !== undefined && clock.now() - Number(data[`everywhere ${key}`] ?? 0) >= after;
  if (due) data[`everywhere ${key}`] = clock.now();
  return due;
}
