import type { IDataObject, IPollFunctions, IWebhookFunctions } from 'n8n-workflow';
import { createCoalescer, type Ledger, type Link, retry } from '../../shared/index.ts';
import { clock } from '../host/clock.ts';
import { createConnections } from '../host/connection.ts';
import { createHandOver } from '../host/handOver.ts';
import { beginLinkedFolders, staleMs, vouchOrWarn } from '../host/linkedFolders.ts';
import { publishOrWarn } from '../host/publishing.ts';
import { indexesIn, ledgerSize, recordedStatements } from '../host/recordedItems.ts';
import { createReportStores } from '../host/reportStore.ts';

type Context = IPollFunctions | IWebhookFunctions;

/** What is asked of the next walk of a trigger. */
interface Request {
  /** With whose help it goes: all that ask are still there when it ends. */
  readonly context: Context;
  /** The accounts that notices named; undefined where somebody wants a walk in any case. */
  readonly accounts: readonly string[] | undefined;
}

const requests = new Map<string, Request>();
/** What walks of this process found and nobody has fetched yet, by trigger. */
const found = new Map<string, IDataObject[]>();

/**
 * Within a process all notices of a burst share a walk. Between processes the ledger and the position beside it decide.
 */
const coalescer = createCoalescer({
  clock,
  async walk(trigger) {
    const request = requests.get(trigger)!;
    requests.delete(trigger);
    found.set(trigger, [...(found.get(trigger) ?? []), ...(await walkAll(request))]);
  },
});

/**
 * Walks all linked folders once, beginning after this call, and gives the statements that n8n does not have yet: to one
 * caller, once. Does nothing where the account is none of these. A process that ends between taking and handing over
 * loses items, never records.
 */
export async function newStatements(context: Context, accounts?: readonly string[]): Promise<IDataObject[]> {
  const trigger = `${context.getWorkflow().id} ${context.getNode().id}`;
  const before = requests.get(trigger);
  const all = before ? accounts && before.accounts && [...before.accounts, ...accounts] : accounts;
  requests.set(trigger, { context, accounts: all });
  await coalescer.notify(trigger);
  const statements = found.get(trigger) ?? [];
  found.delete(trigger);
  return statements;
}

async function walkAll({ context, accounts }: Request): Promise<IDataObject[]> {
  const stores = createReportStores(context);
  try {
    const opened = await createConnections(context)(0);
    const { id } = await retry(() => opened.drive.account(), { clock });
    if (accounts?.includes(id) === false) return [];
    const folders = await beginLinkedFolders(opened, await stores.open(opened, staleMs));
    const before = await ledgerSize(folders.ledger);
    await createHandOver(folders.ledger, context).begin(before);
    const failures: unknown[] = [];
    for (const link of await folders.list()) await folders.walk(link).catch((error: unknown) => failures.push(error));
    if ((await ledgerSize(folders.ledger)) > before) {
      await vouchOrWarn(folders, context);
      await publishOrWarn(opened, folders.ledger, context);
    }
    const statements = await take(context, folders.ledger, await folders.list(true));
    // What the others had to tell is handed over first; the next sweep meets the failure again.
    if (failures.length > 0 && statements.length === 0) throw failures[0];
    return statements;
  } finally {
    await stores.close();
  }
}

async function take(context: Context, ledger: Ledger, links: readonly Link[]): Promise<IDataObject[]> {
  const handOver = createHandOver(ledger, context);
  for (;;) {
    const stretch = { from: await handOver.next(), to: await ledgerSize(ledger) };
    if (stretch.from >= stretch.to) return [];
    const statements = await recordedStatements(ledger, links, indexesIn(stretch));
    if (await handOver.take(stretch)) return statements;
  }
}
