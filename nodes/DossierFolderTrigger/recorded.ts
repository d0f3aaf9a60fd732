import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import {
  DossierError,
  type DrivePath,
  type EntryRef,
  foldedName,
  isDossierError,
  isWithin,
  type Link,
  parsePath,
  say,
} from '../../shared/index.ts';
import { policiesOf } from '../fields/policyFields.ts';
import type { OpenedConnection } from '../host/connection.ts';
import {
  beginLinkedFolders,
  existingFolder,
  type LinkedFolders,
  vouchOrWarn,
  type Walked,
} from '../host/linkedFolders.ts';
import { publishOrWarn } from '../host/publishing.ts';
import { indexesIn, ledgerSize, recordedStatements } from '../host/recordedItems.ts';
import type { ReportStore } from '../host/reportStore.ts';
import { everywhereAfterMs } from './lookEverywhere.ts';
import { pollBudget } from './pollBudget.ts';
import { newlyUnread } from './unread.ts';

/**
 * Records what changed in a folder, and gives the statements that n8n does not have yet, whoever recorded them. How far
 * n8n has come is kept by n8n with the items that it takes over: one that dies before it has them finds them in the
 * ledger.
 */
export async function recordedSince(
  context: IPollFunctions,
  opened: OpenedConnection,
  store: ReportStore,
  named: EntryRef,
): Promise<IDataObject[]> {
  const budget = pollBudget(context);
  const folder = await existingFolder(opened, named, budget);
  const folders = await beginLinkedFolders(opened, store, budget);
  const data = context.getWorkflowStaticData('node');
  const link = (await folders.around(folder)) ?? (await linkAnew(context, opened, folders, folder));
  const key = positionKey(link);
  const before = await ledgerSize(folders.ledger);
  const walked = await walkWithin(budget, folders, link, everywhereAfterMs(context));
  if (!walked && data[key] === undefined)
    throw new DossierError(
      'timeout',
      say`"${folder.path}" has too many files for one look: link it with Provenance: Link Folder, then activate this trigger`,
      { retry: 'afterUser' },
    );
  const to = await ledgerSize(folders.ledger);
  if (to > before) {
    await vouchOrWarn(folders, context);
    await publishOrWarn(opened, folders.ledger, context);
  }
  const { includeExisting = false } = (context.getNodeParameter('options', {}) ?? {}) as { includeExisting?: boolean };
  const from = Number(data[key] ?? (includeExisting ? before : to));
  const statements = await recordedStatements(folders.ledger, [link], indexesIn({ from, to }));
  data[key] = to;
  const unread = walked ? newlyUnread(context, link.id, walked.unread ?? []) : [];
  return [...statements, ...unread].filter(({ path }) => isIn(folder, path));
}

const positionKey = ({ id }: Link) => `next ${id}`;

/** A folder that was unlinked while the trigger watched it stays unlinked. */
async function linkAnew(
  context: IPollFunctions,
  opened: OpenedConnection,
  folders: LinkedFolders,
  folder: EntryRef,
): Promise<Link> {
  const data = context.getWorkflowStaticData('node');
  const former = (await folders.list(true)).find(
    (link) => (link.folder.id ?? link.folder.path) === (folder.id ?? folder.path),
  );
  if (former && data[positionKey(former)] !== undefined) {
    throw new DossierError(
      'not-found',
      say`"${folder.path}" is not linked any more: link it again with Provenance: Link Folder, or deactivate this trigger`,
      { path: folder.path },
    );
  }
  return folders.link(
    folder,
    policiesOf(opened, (name) => context.getNodeParameter(name)),
  );
}

/** Undefined when n8n's time for a poll was over before all was seen; the next one goes on there. */
function walkWithin(
  budget: AbortSignal,
  folders: LinkedFolders,
  link: Link,
  everywhereAfterMs: number | undefined,
): Promise<Walked | undefined> {
  return folders
    .walk(link, everywhereAfterMs === undefined ? {} : { everywhereAfterMs })
    .catch((error: unknown) =>
      budget.aborted && isDossierError(error, 'cancelled') ? undefined : Promise.reject(error as Error),
    );
}

function isIn(folder: EntryRef, path: unknown): boolean {
  return (
    typeof path !== 'string' || isWithin(foldedName(parsePath(path)) as DrivePath, foldedName(folder.path) as DrivePath)
  );
}
