import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { N8n, N8nExecution } from '../hosts/n8n/n8n.ts';
import { measured } from './n8nWorkflows.ts';

/** What it took to move a file, or why it was not moved. */
export type Moved =
  | {
      readonly ok: true;
      /** Of the node itself, as n8n measures it. */
      readonly seconds: number;
      /** The most memory that n8n held during the run, beyond what it held before. */
      readonly addedMb: number;
    }
  | { readonly ok: false; readonly reason: string };

const longestSeconds = 900;
const settleMilliseconds = 3000;

/** Runs a workflow and watches n8n's memory, resident set, every 20 ms. */
export async function runMeasured(
  n8n: N8n,
  workflowId: string,
  { name, size }: { name: string; size: number },
): Promise<Moved> {
  await delay(settleMilliseconds);
  const before = await residentBytes(n8n.pid);
  let most = before;
  let over = false;
  const watching = (async () => {
    for (; !over; await delay(20)) most = Math.max(most, await residentBytes(n8n.pid));
  })();
  try {
    const run = await finished(n8n, workflowId, { name, folder: join(n8n.userFolder, '.n8n-files') });
    if (run === undefined) return { ok: false, reason: 'n8n itself ended' };
    const { data } = run as { data?: { resultData?: ResultData } };
    const { error, runData } = data?.resultData ?? {};
    const seconds = (runData?.[measured]?.[0]?.executionTime ?? Number.NaN) / 1000;
    if (run.status !== 'success') return { ok: false, reason: error?.message ?? run.status };
    if (!(seconds > 0)) throw new Error(`The node did not run for ${name} of ${size} bytes`);
    return { ok: true, seconds, addedMb: (most - before) / 1e6 };
  } finally {
    over = true;
    await watching;
  }
}

interface ResultData {
  readonly error?: { readonly message: string };
  readonly runData?: Readonly<Record<string, readonly { readonly executionTime: number }[]>>;
}

/** The run of a workflow once it is over. n8n answers nothing while a node keeps it busy, and drops connections then. */
async function finished(n8n: N8n, workflowId: string, body: object): Promise<N8nExecution | undefined> {
  const known = new Set((await n8n.executions(workflowId)).map(({ id }) => id));
  await n8n.webhook(workflowId, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const until = Date.now() + longestSeconds * 1000;
  for (; Date.now() < until; await delay(500)) {
    if ((await residentBytes(n8n.pid)) === 0) return undefined;
    const runs = await n8n.executions(workflowId).catch(() => []);
    const run = runs.find(({ id }) => !known.has(id));
    if (run !== undefined && !['new', 'running', 'waiting'].includes(run.status)) return n8n.execution(run.id);
  }
  throw new Error(`The workflow ${workflowId} ran for more than ${longestSeconds} s`);
}

/** 0 of a process that has ended. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
