/**
 * Changes in a watched Dropbox folder, notified in bursts with repetitions to both webhook processors of an n8n in queue
 * mode, while a processor and a worker are killed; and reports that are sent twice each.
 * `npm run test:n8n:queue -- [--changes N] [--json]`
 */
import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { packN8n } from '../../.config/buildN8n.ts';
import { createKey } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { freePort } from '../hosts/freePort.ts';
import { type HostProcess, startHostProcess } from '../hosts/hostProcess.ts';
import { ensureHost } from '../hosts/install.ts';
import { startN8n } from '../hosts/n8n/n8n.ts';
import { installNodePackage } from '../hosts/n8n/nodePackage.ts';
import { hostEnvironment } from '../hosts/node24.ts';
import { startQueueServers } from './queueServers.ts';
import { dropboxCredential, dropboxOverwrites, example, withWebhook } from './workflows.ts';

const { values: flags } = parseArgs({
  options: { changes: { type: 'string', default: '1000' }, json: { type: 'boolean', default: false } },
});
const changes = Number(flags.changes);
const burstSize = Math.max(1, Math.min(50, Math.ceil(changes / 10)));
const reports = 20;
const settleMs = 300_000;
const say = (line: string) => process.stderr.write(`${line}\n`);

/** What the workflow told of each file, by execution: a job that is delivered again is the same one. */
class Collector {
  readonly seen = new Map<string, Set<string>>();
  readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { path, execution } = JSON.parse(Buffer.concat(chunks).toString()) as { path: string; execution: string };
      this.seen.set(path, (this.seen.get(path) ?? new Set()).add(execution));
      response.end('{}');
    });
  });
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }
}

function workflowOf(collector: string) {
  const id = () => crypto.randomUUID();
  const credentials = {
    dossierDropboxOAuth2Api: { id: 'dossierDropbox01', name: 'Dropbox' },
    dossierKeyApi: { id: 'dossierKey000001', name: 'Dossier Key' },
  };
  const trigger = {
    id: id(),
    name: 'Watch',
    type: 'n8n-nodes-dossier.dossierTrigger',
    typeVersion: 1,
    position: [0, 0],
    webhookId: id(),
    credentials,
    parameters: {
      pollTimes: { item: [{ mode: 'everyMinute' }] },
      connection: 'dropboxOAuth2',
      listen: 'webhook',
      record: true,
      watch: 'folder',
      folder: { __rl: true, mode: 'path', value: '/Watched' },
      events: ['created'],
      hashPolicy: '',
      privacy: 'public',
      options: {},
    },
  };
  const tell = {
    id: id(),
    name: 'Tell',
    type: 'n8n-nodes-base.httpRequest',
    typeVersion: 4.2,
    position: [240, 0],
    parameters: {
      method: 'POST',
      url: collector,
      sendBody: true,
      specifyBody: 'json',
      jsonBody: '={{ JSON.stringify({ path: $json.path, execution: $execution.id }) }}',
      options: {},
    },
  };
  return {
    id: 'dossierQueue0001',
    webhookId: trigger.webhookId,
    name: 'Watch in queue mode',
    nodes: [trigger, tell],
    connections: { Watch: { main: [[{ node: 'Tell', type: 'main', index: 0 }]] } },
    settings: {},
  };
}

interface Helper {
  readonly kind: 'worker' | 'webhook';
  readonly port: number;
  process: HostProcess;
}

async function startHelper(kind: Helper['kind'], { tarball, env, folder }: Ground): Promise<Helper> {
  const userFolder = await mkdtemp(join(folder, `${kind}-`));
  await mkdir(join(userFolder, '.n8n'));
  await installNodePackage({ tarball }, userFolder);
  const entry = join(await ensureHost('n8n'), 'node_modules', 'n8n', 'bin', 'n8n');
  const port = await freePort();
  const own = {
    N8N_USER_FOLDER: userFolder,
    N8N_PORT: String(port),
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_RUNNERS_BROKER_PORT: String(await freePort()),
    N8N_RUNNERS_BROKER_LISTEN_ADDRESS: '127.0.0.1',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    QUEUE_HEALTH_CHECK_ACTIVE: 'false',
  };
  const process = await startHostProcess({
    name: `n8n ${kind}`,
    args: kind === 'worker' ? [entry, 'worker', '--concurrency=5'] : [entry, 'webhook'],
    env: { ...hostEnvironment(userFolder), ...env, ...own },
    cwd: userFolder,
    ready:
      kind === 'worker' ? /worker is now ready/i : /Webhook listener waiting|Webhook process is now ready|Version:/i,
    startMilliseconds: 180_000,
    secrets: [],
  });
  return { kind, port, process };
}

interface Ground {
  readonly folder: string;
  readonly tarball: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The kernel ends it at once: nothing of it can be put in order first. */
const kill = ({ process: host }: Helper) => process.kill(host.pid, 'SIGKILL');

async function notify(dropbox: DropboxEmulator, path: string, ports: readonly number[], times: number): Promise<void> {
  const body = JSON.stringify({ list_folder: { accounts: [dropbox.accountId] } });
  const signature = createHmac('sha256', dropbox.appSecret).update(body).digest('hex');
  const send = (port: number) =>
    fetch(`http://127.0.0.1:${port}/webhook/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-dropbox-signature': signature },
      body,
    }).then(
      (answer) => answer.arrayBuffer(),
      // One of them may be dead at this moment, as it would be for Dropbox.
      () => undefined,
    );
  await Promise.all(Array.from({ length: times }, () => ports.map(send)).flat());
}

async function sendReport(port: number, number: number): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ title: `Report ${number}`, description: 'x', key: `r${number}` }))
    form.set(name, value);
  form.set('file', new Blob([`attachment ${number}`]), 'note.txt');
  const answer = await fetch(`http://127.0.0.1:${port}/webhook/queued-report`, { method: 'POST', body: form }).catch(
    () => undefined,
  );
  await answer?.arrayBuffer();
}

async function run() {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'dossier-queue-campaign-'));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const servers = await startQueueServers();
  stack.defer(() => servers[Symbol.asyncDispose]());
  const dropbox = await startDropboxEmulator();
  stack.defer(() => dropbox.close());
  const collector = new Collector();
  const address = await collector.listen();
  stack.defer(() => void collector.server.close());
  dropbox.files.seed([{ path: '/Watched/there before.txt', size: 10 }]);
  const tarball = await packN8n(folder);
  const env = {
    ...servers.env,
    ...dropboxOverwrites(dropbox),
    N8N_ENCRYPTION_KEY: 'queue-campaign-encryption-key',
    QUEUE_WORKER_LOCK_DURATION: '15000',
    QUEUE_WORKER_LOCK_RENEW_TIME: '5000',
    QUEUE_WORKER_STALLED_INTERVAL: '10000',
  };
  const { webhookId, ...workflow } = workflowOf(address);
  const submitting = withWebhook(example('submitFromWebhook.json'), {
    id: 'dossierQueue0002',
    path: 'queued-report',
    parameters: { options: { reportKey: '={{ $json.body.key }}' } },
  });
  const n8n = await startN8n({
    nodePackage: { tarball },
    credentials: [
      dropboxCredential('dossierDropbox01', dropbox),
      { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey: createKey() } },
    ],
    workflows: [workflow, submitting],
    env,
  });
  stack.defer(() => n8n.stop());
  const ground = { folder, tarball, env };
  const helpers: Helper[] = [];
  stack.defer(async () => {
    await Promise.all(helpers.map(({ process: host }) => host.stop()));
  });
  for (const kind of ['worker', 'worker', 'webhook', 'webhook'] as const) helpers.push(await startHelper(kind, ground));
  for (const { id } of [workflow, submitting]) await n8n.activate(id);
  say('n8n, 2 workers and 2 webhook processors are up');
  const [worker, , processor] = helpers as [Helper, Helper, Helper, Helper];
  const ports = () => helpers.filter(({ kind }) => kind === 'webhook').map(({ port }) => port);
  const path = `${webhookId}/webhook`;
  const bursts = Math.ceil(changes / burstSize);
  for (let burst = 0; burst < bursts; burst++) {
    const numbers = Array.from(
      { length: Math.min(burstSize, changes - burst * burstSize) },
      (_, at) => burst * burstSize + at,
    );
    dropbox.files.seed(numbers.map((number) => ({ path: `/Watched/${number}.txt`, size: 20 + number })));
    const notices = notify(dropbox, path, ports(), 3);
    const sent = burst < reports ? ports().map((port) => sendReport(port, burst)) : [];
    if (burst === Math.floor(bursts / 3)) {
      kill(processor);
      say('a webhook processor was killed');
    }
    if (burst === Math.floor((2 * bursts) / 3)) {
      kill(worker);
      say('a worker was killed');
    }
    await Promise.all([notices, ...sent].map((each) => Promise.race([each, delay(20_000)])));
    for (const dead of [processor, worker])
      if (helpers.includes(dead) && isDead(dead)) {
        helpers.splice(helpers.indexOf(dead), 1, await startHelper(dead.kind, ground));
        say(`a new ${dead.kind} is up`);
      }
  }
  const until = Date.now() + settleMs;
  while (collector.seen.size < changes && Date.now() < until) {
    await notify(dropbox, path, ports(), 1);
    await delay(2_000);
  }
  // What is handed over once more for no reason would come now.
  await notify(dropbox, path, ports(), 2);
  await delay(15_000);
  for (let number = 0; number < Math.min(reports, bursts); number++) await sendReport(ports()[0]!, number);
  const folders = dropbox.files
    .list()
    .filter(({ kind, display }) => kind === 'folder' && /^\/Reports\/Report \d+( \d+)?$/.test(display)).length;
  const expected = Array.from({ length: changes }, (_, number) => `/Watched/${number}.txt`);
  return {
    changes,
    missed: expected.filter((each) => !collector.seen.has(each)).length,
    doubled: [...collector.seen.values()].filter((executions) => executions.size > 1).length,
    reports_doubled: folders - Math.min(reports, bursts),
  };
}

function isDead({ process: { pid } }: Helper): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

const figures = await run();
process.stdout.write(
  flags.json
    ? `${JSON.stringify(figures)}\n`
    : `${Object.entries(figures)
        .map(([name, value]) => `${name}: ${value}`)
        .join(', ')}\n`,
);
process.exitCode = figures.missed === 0 && figures.doubled === 0 && figures.reports_doubled === 0 ? 0 : 1;
