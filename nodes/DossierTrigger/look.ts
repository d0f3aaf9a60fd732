import type { IDataObject } from 'n8n-workflow';
import { createCoalescer, retry } from '../../shared/index.ts';
import { clock } from '../host/clock.ts';
import { createConnections, type OpenedConnection } from '../host/connection.ts';
import { staleMs } from '../host/linkedFolders.ts';
import { createReportStores } from '../host/reportStore.ts';
import { withLinks } from './links.ts';
import { pollBudget } from './pollBudget.ts';
import { recordedSince } from './recorded.ts';
import { changedSince, toldSince } from './unrecorded.ts';
import type { Look } from './watched.ts';

const looks = new Map<string, Look>();
/** What looks of this process found and nobody has fetched yet, by trigger. */
const found = new Map<string, IDataObject[]>();

/**
 * Within a process all notices of a burst share a look. Between processes the store decides who gets what.
 */
const coalescer = createCoalescer({
  clock,
  async walk(trigger) {
    const look = looks.get(trigger)!;
    looks.delete(trigger);
    found.set(trigger, [...(found.get(trigger) ?? []), ...(await lookOnce(look))]);
  },
});

/**
 * Looks once at what is watched, beginning after this call, and gives the items that n8n does not have yet: to one
 * caller, once. Does nothing where the account is none of these.
 */
export async function newItems(look: Look): Promise<IDataObject[]> {
  if (look.watched.listen === 'poll') return lookOnce(look);
  const trigger = `${look.context.getWorkflow().id} ${look.context.getNode().id}`;
  const before = looks.get(trigger);
  const { accounts } = look;
  const all = before ? accounts && before.accounts && [...before.accounts, ...accounts] : accounts;
  looks.set(trigger, { ...look, accounts: all });
  await coalescer.notify(trigger);
  const items = found.get(trigger) ?? [];
  found.delete(trigger);
  return items;
}

async function lookOnce(look: Look): Promise<IDataObject[]> {
  const { context, watched } = look;
  const stores = createReportStores(context);
  const budget = pollBudget(context);
  try {
    const opened = await createConnections(context)(0);
    if (!(await isMeant(look, opened))) return [];
    const items = watched.record
      ? await recordedSince(look, opened, await stores.open(opened, staleMs))
      : await (watched.listen === 'webhook' ? toldSince(look, opened) : changedSince(look, opened));
    return await withLinks(items, watched, opened, budget);
  } finally {
    await stores.close();
  }
}

async function isMeant({ accounts }: Look, { drive }: OpenedConnection): Promise<boolean> {
  if (accounts === undefined) return true;
  const { id } = await retry(() => drive.account(), { clock });
  return accounts.includes(id);
}
