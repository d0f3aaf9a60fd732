import type { IDataObject } from 'n8n-workflow';
import {
  DossierError,
  type DrivePath,
  type EntryRef,
  isCustody,
  isDossierError,
  type Json,
  type LedgerEvent,
  type Link,
  say,
} from '../../shared/index.ts';
import { policiesOf } from '../fields/policyFields.ts';
import type { OpenedConnection } from '../host/connection.ts';
import { nodeParameter } from '../host/context.ts';
import { createHandOver, type Found, type HandOver } from '../host/handOver.ts';
import {
  beginLinkedFolders,
  existingFolder,
  type LinkedFolders,
  vouchOrWarn,
  type Walked,
} from '../host/linkedFolders.ts';
import { publishOrWarn } from '../host/publishing.ts';
import { indexesIn, ledgerSize, recordedStatements, type Stretch } from '../host/recordedItems.ts';
import type { ReportStore } from '../host/reportStore.ts';
import { type ChangeItem, changeOfStatement } from './change.ts';
import { pollBudget } from './pollBudget.ts';
import { newlyUnread } from './unread.ts';
import { type Look, namedFolder, type Watched } from './watched.ts';

/**
 * Records what changed in the watched folders, and gives the statements that n8n does not have yet, whoever recorded
 * them. How far n8n has come is kept beside the ledger.
 */
export async function recordedSince(
  { context, watched }: Look,
  opened: OpenedConnection,
  store: ReportStore,
): Promise<IDataObject[]> {
  const budget = pollBudget(context);
  const folder = watched.allLinked ? undefined : await existingFolder(opened, namedFolder(context, opened), budget);
  const folders = await beginLinkedFolders(opened, store, budget);
  const handOver = createHandOver(folders.ledger.store, context);
  const begun = (await handOver.position()) !== undefined;
  const links = folder ? [await linkAround({ context, opened, folders, folder, begun })] : await allLinks(folders);
  const before = await ledgerSize(folders.ledger);
  const old = formerPosition(context, links);
  if (old !== undefined || !folder || watched.includeExisting) await handOver.begin(old ?? before);
  const walked = await walkAll(folders, links, { budget, watched });
  if (folder && !begun && !walked.whole) throw tooMany(folder);
  const to = await ledgerSize(folders.ledger);
  await handOver.begin(to);
  if (to > before) {
    await vouchOrWarn(folders, context);
    await publishOrWarn(opened, folders.ledger, context);
  }
  const items = await take({ folders, handOver, watched, folder: folder?.path });
  // What the others had to tell is handed over first; the next look meets the failure again.
  if (walked.failures.length > 0 && items.length === 0) throw walked.failures[0];
  const unread = isPoll(context)
    ? links.flatMap(({ id }) => newlyUnread(context, id, walked.unread.get(id) ?? []))
    : [];
  return [...items, ...unread.filter((item) => watched.wants(item, folder?.path))];
}

/** The links whose folders a trigger watches that watches them all. */
export async function allLinks(folders: LinkedFolders): Promise<Link[]> {
  const links = await folders.list();
  if (links.length > 0) return links;
  throw nothingLinked();
}

export function nothingLinked(): DossierError {
  return new DossierError('not-found', 'No folder is linked', {
    advice: 'Link one with Provenance: Link Folder, or choose a folder in this trigger',
  });
}

interface Taking {
  readonly folders: LinkedFolders;
  readonly handOver: HandOver;
  readonly watched: Watched;
  readonly folder: DrivePath | undefined;
}

async function take({ folders, handOver, watched, folder }: Taking): Promise<IDataObject[]> {
  const { ledger } = folders;
  const links = await folders.list(true);
  const itemsIn = async (stretch: Stretch) => {
    const statements = await recordedStatements(ledger, links, indexesIn(stretch));
    return itemsOf(folders, statements, { watched, folder });
  };
  return handOver.take({
    async find(position): Promise<Found> {
      const stretch = { from: Number(position), to: await ledgerSize(ledger) };
      const next = Math.max(stretch.from, stretch.to);
      return { items: await itemsIn(stretch), position: next, given: stretch as unknown as Json };
    },
    again: (given) => itemsIn(given as unknown as Stretch),
  });
}

/** Recorded statements as items, those that somebody wants. */
export async function itemsOf(
  folders: LinkedFolders,
  statements: readonly IDataObject[],
  { watched, folder }: Pick<Taking, 'watched' | 'folder'>,
): Promise<IDataObject[]> {
  const items: IDataObject[] = [];
  for (const statement of statements) {
    // A hand-over is no change of a file.
    if (isCustody(statement['event'] as LedgerEvent)) continue;
    const item: ChangeItem = changeOfStatement(statement, await previousPath(folders, statement));
    const within = folder ?? (statement['folder'] as DrivePath);
    if (watched.wants(item, within)) items.push(watched.formerFields ? { ...item, ...statement } : { ...item });
  }
  return items;
}

const hasMoved: ReadonlySet<unknown> = new Set(['Rename', 'Move']);

/** The path of the statement before, for a file that has another one now. */
async function previousPath(folders: LinkedFolders, { event, asset, index }: IDataObject): Promise<string | undefined> {
  if (!hasMoved.has(event)) return undefined;
  const history = await folders.records.history(String(asset));
  const before = history.findLast((record) => record.index < Number(index) && !isCustody(record.event));
  if (!before) return undefined;
  const [statement] = await recordedStatements(folders.ledger, await folders.list(true), [before.index]);
  return typeof statement?.['path'] === 'string' ? statement['path'] : undefined;
}

interface Around {
  readonly context: Look['context'];
  readonly opened: OpenedConnection;
  readonly folders: LinkedFolders;
  readonly folder: EntryRef;
  readonly begun: boolean;
}

/** A folder that was unlinked while the trigger watched it stays unlinked. */
async function linkAround({ context, opened, folders, folder, begun }: Around): Promise<Link> {
  const link = await folders.around(folder);
  if (link) return link;
  const isThis = ({ folder: linked }: Link) => (linked.id ?? linked.path) === (folder.id ?? folder.path);
  if (begun && (await folders.list(true)).some(isThis))
    throw new DossierError(
      'not-found',
      say`"${folder.path}" is not linked any more: link it again with Provenance: Link Folder, or unpublish this workflow`,
      { path: folder.path },
    );
  return folders.link(
    folder,
    policiesOf(opened, (name) => nodeParameter(context, name, 0)),
  );
}

interface WalkedAll {
  readonly unread: ReadonlyMap<string, NonNullable<Walked['unread']>>;
  /** False when n8n's time was over before all was seen; the next look goes on there. */
  readonly whole: boolean;
  readonly failures: readonly unknown[];
}

async function walkAll(
  folders: LinkedFolders,
  links: readonly Link[],
  { budget, watched: { everywhereAfterMs } }: { readonly budget: AbortSignal; readonly watched: Watched },
): Promise<WalkedAll> {
  const unread = new Map<string, NonNullable<Walked['unread']>>();
  const failures: unknown[] = [];
  let whole = true;
  for (const link of links) {
    try {
      const walked = await folders.walk(link, everywhereAfterMs === undefined ? {} : { everywhereAfterMs });
      unread.set(link.id, walked.unread ?? []);
    } catch (error) {
      if (budget.aborted && isDossierError(error, 'cancelled')) whole = false;
      else failures.push(error);
    }
  }
  return { unread, whole, failures };
}

function tooMany({ path }: EntryRef): DossierError {
  return new DossierError(
    'timeout',
    say`"${path}" has too many files for one look: link it with Provenance: Link Folder, then publish this workflow`,
    { retry: 'afterUser' },
  );
}

/** Triggers kept it with n8n before; undefined where there is none. */
function formerPosition(context: Look['context'], links: readonly Link[]): number | undefined {
  const data = context.getWorkflowStaticData('node');
  const positions = links.map(({ id }) => data[`next ${id}`]).filter((position) => typeof position === 'number');
  return positions.length === 0 ? undefined : Math.min(...positions);
}

/** Only one process polls: what n8n keeps for it is not overwritten by another. */
const isPoll = (context: Look['context']): boolean => !('getRequestObject' in context);
