import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { noteRuns } from '../../n8n/covered.ts';
import { runCommand } from '../command.ts';
import { onFreePorts } from '../freePort.ts';
import { startHostProcess } from '../hostProcess.ts';
import { ensureHost } from '../install.ts';
import { hostEnvironment, node24 } from '../node24.ts';
import { type N8nApi, openApi } from './api.ts';
import type { NodePackage } from './nodePackage.ts';
import { installNodePackage } from './nodePackage.ts';
import { environmentFor } from './settings.ts';

const startMilliseconds = 180_000;
const runMilliseconds = 60_000;

export interface N8nOptions {
  nodePackage?: NodePackage;
  credentials?: readonly N8nCredential[];
  workflows?: readonly N8nWorkflow[];
  port?: number;
  /** Settings of n8n beside those of `settings.ts`. */
  env?: NodeJS.ProcessEnv;
  /** A file of certificates that n8n shall trust besides the well-known ones. */
  nodeExtraCaCerts?: string;
  /** A proxy for all but loopback addresses. */
  proxy?: string;
}

/** n8n's import format; n8n encrypts `data` as it comes in. */
export interface N8nCredential {
  id: string;
  name: string;
  type: string;
  data: Record<string, unknown>;
}

/** n8n's export format. */
export interface N8nWorkflow {
  id: string;
  name: string;
  nodes: readonly unknown[];
  connections: object;
}

/** One run of a workflow. */
export interface N8nExecution {
  id: string;
  status: string;
  /** 'manual' for what a person ran in the editor. */
  mode: string;
  workflowId: string;
  /** n8n's run data, whose shape only the asserting test knows. */
  data?: unknown;
}

export interface N8n {
  readonly url: string;
  readonly pid: number;
  readonly ownerEmail: string;
  readonly ownerPassword: string;
  readonly userFolder: string;
  importCredentials(credentials: readonly N8nCredential[]): Promise<void>;
  importWorkflows(workflows: readonly N8nWorkflow[]): Promise<void>;
  /** Makes a workflow live, without a restart. */
  activate(workflowId: string): Promise<void>;
  /** Runs a workflow from a trigger as a person does in the editor; resolves with the execution when it is over. */
  runByHand(workflowId: string, trigger: string): Promise<N8nExecution>;
  /** Calls a production webhook; POST unless `init` says otherwise. */
  webhook(path: string, init?: RequestInit): Promise<Response>;
  /** The runs of a workflow, newest first, without their data. */
  executions(workflowId: string): Promise<N8nExecution[]>;
  execution(id: string): Promise<N8nExecution>;
  /** What n8n said, without secrets. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a real n8n on loopback, with an owner, in a folder of its own that goes away when it stops. */
export function startN8n(options: N8nOptions = {}): Promise<N8n> {
  return onFreePorts((port, brokerPort) => startOn({ ...options, port: options.port ?? port, brokerPort }));
}

async function startOn(options: N8nOptions & { port: number; brokerPort: number }): Promise<N8n> {
  const entry = join(await ensureHost('n8n'), 'node_modules', 'n8n', 'bin', 'n8n');
  await using started = new AsyncDisposableStack();
  const userFolder = await mkdtemp(join(tmpdir(), 'dossier-n8n-'));
  started.defer(() => rm(userFolder, { recursive: true, force: true, maxRetries: 5 }));
  if (options.nodePackage !== undefined) await installNodePackage(options.nodePackage, userFolder);

  const owner = { email: 'owner@example.org', password: `Dossier1-${randomBytes(9).toString('hex')}` };
  const encryptionKey = randomBytes(24).toString('hex');
  const secrets = [owner.password, encryptionKey];
  const url = `http://127.0.0.1:${options.port}`;
  const settings = environmentFor({ ...options, userFolder, encryptionKey });
  const env = { ...hostEnvironment(userFolder), ...settings, ...options.env };
  const ready = /Editor is now accessible via:/;
  const host = await startHostProcess({
    name: 'n8n',
    args: [entry, 'start'],
    env,
    cwd: userFolder,
    ready,
    startMilliseconds,
    secrets,
  });
  started.defer(() => host.stop());
  const api = await openApi(url, owner);
  secrets.push(api.key);

  /** Only the command line imports credentials with tokens, which spares a browser's OAuth dance. */
  const importByCommand = async (kind: 'credentials' | 'workflow', content: readonly unknown[]) => {
    if (content.length === 0) return;
    const file = join(userFolder, `${kind}.json`);
    await writeFile(file, JSON.stringify(content));
    await runCommand(node24, [entry, `import:${kind}`, `--input=${file}`], { env, cwd: userFolder });
    await rm(file);
  };
  const importCredentials = async (credentials: readonly N8nCredential[]) => {
    secrets.push(...credentials.flatMap(({ data }) => secretsIn(data)));
    await importByCommand('credentials', credentials);
  };
  const importWorkflows = (workflows: readonly N8nWorkflow[]) => importByCommand('workflow', workflows);
  await importCredentials(options.credentials ?? []);
  await importWorkflows(options.workflows ?? []);

  const running = started.move();
  return {
    url,
    pid: host.pid,
    ownerEmail: owner.email,
    ownerPassword: owner.password,
    userFolder,
    importCredentials,
    importWorkflows,
    activate: api.activate,
    async runByHand(id, trigger) {
      const { executionId, waitingForWebhook } = await api.runByHand(id, trigger);
      if (executionId === undefined)
        throw new Error(`n8n ran nothing${waitingForWebhook ? ': it waits for a call' : ''}`);
      const until = Date.now() + runMilliseconds;
      for (;;) {
        const run = await api.get<N8nExecution>(`/executions/${executionId}?includeData=true`);
        if (!['new', 'running'].includes(run.status) || Date.now() > until) return run;
        await delay(100);
      }
    },
    webhook: (path, init) => fetch(`${url}/webhook/${path}`, { method: 'POST', ...init }),
    executions: async (id) => (await api.get<{ data: N8nExecution[] }>(`/executions?workflowId=${id}`)).data,
    execution: (id) => api.get(`/executions/${id}?includeData=true`),
    log: host.log,
    async stop() {
      await noteWhatRan(api);
      await running.disposeAsync();
    },
  };
}

/** For the table of what the tests cover; nothing where n8n is gone already. */
async function noteWhatRan(api: N8nApi): Promise<void> {
  type Page = { data: Parameters<typeof noteRuns>[0]; nextCursor: string | null };
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page | undefined = await api
      .get<Page>(`/executions?includeData=true&limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`)
      .catch(() => undefined);
    noteRuns(page?.data ?? []);
    cursor = page?.nextCursor ?? null;
  }
}

function secretsIn(data: unknown, key = ''): string[] {
  if (typeof data === 'string') return /secret|token|password|key/i.test(key) ? [data] : [];
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) => secretsIn(value, name));
}
