/**
 * `npm start`: everything at once, to look at and to play with, until Ctrl-C: emulated Dropbox and Nextcloud, a real n8n
 * with the packed node and the example workflows, a real VS Code in the browser with the packed extension, and a page
 * that leads to all of it. `--only n8n` and `--only vscode` start less.
 */
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { commands, debianPackages, type Needs } from '../../.config/installing/plan.mjs';
import { progress, step } from '../../.config/installing/step.mjs';
import { createKey } from '../../shared/index.ts';
import { openAddress } from '../crash/killAddress.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { dropboxCredential, dropboxOverwrites, nextcloudCredential, webdavCredential } from '../n8n/workflows.ts';
import { startCodeServer } from './code-server/codeServer.ts';
import { runCommand } from './command.ts';
import { ensureDebian } from './debian.ts';
import type { ExampleReport } from './exampleReport.ts';
import { makeExampleReport } from './exampleReport.ts';
import { ensureHost } from './install.ts';
import { tryLock, withLock } from './lock.ts';
import { dropboxCredentialId, readExampleWorkflows, submitExample } from './n8n/examples.ts';
import { type N8n, type N8nWorkflow, startN8n } from './n8n/n8n.ts';
import { node24 } from './node24.ts';
import { type Board, emptyBoard } from './opening/board.ts';
import { linkEvidence } from './opening/linkedFolder.ts';
import { examplesOf, signInTo } from './opening/n8nParts.ts';
import { makeProofs } from './opening/proofs.ts';
import { startOpening } from './opening/server.ts';
import { startTemplateLibrary, type TemplateLibrary } from './opening/templateLibrary.ts';
import { saveReceivedReport } from './receivedReport.ts';
import { messageOf, startEach } from './startEach.ts';
import { submitByWebhook } from './submitByWebhook.ts';

const root = join(import.meta.dirname, '../..');
const needs = commands['test/hosts/start.ts'] as Needs;

interface Part {
  host: string;
  /** Starts it, leaves in `running` how to stop it, and tells where to look. */
  start(running: AsyncDisposableStack, made: Made): Promise<string[]>;
}

interface Packages {
  tarball: string;
  vsix: string;
}

interface Emulators {
  dropbox: DropboxEmulator;
  nextcloud: NextcloudEmulator;
}

/** What all parts share. */
interface Made extends Packages, Emulators {
  example: ExampleReport;
  /** The folder of this start. */
  playground: string;
  board: Board;
}

const parts: Record<string, Part> = {
  n8n: {
    host: 'n8n',
    async start(running, made) {
      const { dropbox, playground, example, board } = made;
      const examples = await readExampleWorkflows();
      const library = running.adopt(await startTemplateLibrary(examples), (it) => it.close());
      const n8n = running.adopt(
        await told(made, 'Starting n8n', () => startN8nWithExamples(made, examples, library)),
        (it) => it.stop(),
      );
      const { id, path } = submitExample;
      await n8n.activate(id);
      await told(made, `Submitting "${example.title}" through n8n`, () => submitByWebhook(n8n, path, example));
      board.firstReport = {
        submit: async (form) => {
          const response = await n8n.webhook(path, { body: form });
          return { ok: response.ok, answer: await response.text() };
        },
      };
      board.linked = await told(made, 'Linking a folder', () => linkEvidence(n8n, dropbox));
      const received = await saveReceivedReport(dropbox, join(playground, 'received'));
      return [
        `n8n              ${n8n.url}/workflow/${id}`,
        `  login          ${n8n.ownerEmail}  ${n8n.ownerPassword}`,
        `  webhook        ${n8n.url}/webhook/${path}`,
        `Report received  ${received}`,
      ];
    },
  },
  vscode: {
    host: 'code-server',
    async start(running, made) {
      const { vsix, example, playground, dropbox, board } = made;
      const options = {
        vsix: [vsix],
        folder: join(playground, 'workspace'),
        settings: { 'dossier.dropbox.endpoint': dropbox.url },
      };
      const server = running.adopt(await told(made, 'Starting VS Code', () => startCodeServer(options)), (it) =>
        it.stop(),
      );
      const deliveries = join(playground, 'delivered');
      const attach = example.files.map(({ path }) => path);
      board.vscode = { url: server.url, deliveries, attach: attach.map((file) => basename(file)) };
      board.running.push({ name: 'VS Code', open: server.url, facts: [['folder', options.folder]], pid: server.pid });
      await mkdir(deliveries, { recursive: true });
      const drive = openAddress({ kind: 'localFolder', root: deliveries, chunkSize: 2 ** 20 }, asIs);
      board.folders.set('delivered', { name: 'Folder on this computer', about: 'What VS Code delivers there.', drive });
      return [`VS Code          ${server.url}`, `  to attach      ${attach.join('  ')}`];
    },
  },
};

const asIs = { http: <T>(port: T): T => port, files: <T>(port: T): T => port };

/** A step, on the terminal and on the page. */
function told<T>({ board }: Pick<Made, 'board'>, name: string, work: () => Promise<T>): Promise<T> {
  board.doing = name;
  return step(name, work);
}

/** n8n with all example workflows, ready to run and as templates, and credentials for the emulators. */
async function startN8nWithExamples(
  { tarball, dropbox, nextcloud, board }: Made,
  workflows: readonly N8nWorkflow[],
  library: TemplateLibrary,
): Promise<N8n> {
  const secretKey = createKey();
  const n8n = await startN8n({
    nodePackage: { tarball },
    credentials: [
      { ...dropboxCredential(dropboxCredentialId, dropbox), name: 'Dropbox' },
      { ...nextcloudCredential('dossierNextcld01', nextcloud), name: 'Nextcloud' },
      { ...webdavCredential('dossierWebdav001', nextcloud), name: 'WebDAV' },
      { id: 'dossierKey000001', name: 'Dossier Key', type: 'dossierKeyApi', data: { secretKey } },
    ],
    workflows,
    env: { ...dropboxOverwrites(dropbox), ...library.env },
  });
  board.signIn = signInTo(n8n);
  board.examples.push(...examplesOf(workflows));
  board.running.push({
    name: 'n8n',
    open: '/n8n',
    pid: n8n.pid,
    facts: [
      ['address', n8n.url],
      ['login', n8n.ownerEmail],
      ['password', n8n.ownerPassword],
      ['Dossier key', secretKey],
    ],
  });
  return n8n;
}

/** Emulated Dropbox and Nextcloud, with what somebody needs who wants to use them. */
async function startEmulators(running: AsyncDisposableStack, board: Board): Promise<Emulators> {
  const dropbox = running.adopt(await startDropboxEmulator({ webhookTimes: { coalesceMs: 100 } }), (it) => it.close());
  const nextcloud = running.adopt(await startNextcloudEmulator(), (it) => it.close());
  const { url, user, password, userId } = nextcloud;
  board.running.push(
    {
      name: 'Dropbox emulator',
      facts: [
        ['address', dropbox.url],
        ['access token', dropbox.token],
        ['app key', dropbox.appKey],
        ['app secret', dropbox.appSecret],
      ],
    },
    {
      name: 'Nextcloud emulator',
      facts: [
        ['address', url],
        ['WebDAV', nextcloud.filesUrl],
        ['user', user],
        ['app password', password],
      ],
    },
  );
  const chunkSize = 2 ** 20;
  const about = 'What workflows deliver there, and what anybody puts there.';
  board.folders.set('dropbox', {
    name: 'Dropbox',
    about,
    drive: openAddress({ kind: 'dropbox', url: dropbox.url, token: dropbox.token, chunkSize }, asIs),
  });
  board.folders.set('nextcloud', {
    name: 'Nextcloud',
    about,
    drive: openAddress({ kind: 'nextcloud', url, user, password, userId, chunkSize }, asIs),
  });
  return { dropbox, nextcloud };
}

const emulatorLines = ({ dropbox, nextcloud }: Emulators): string[] => [
  `Dropbox emulator ${dropbox.url}`,
  `  access token   ${dropbox.token}`,
  `  app            ${dropbox.appKey}  ${dropbox.appSecret}`,
  `Nextcloud emulator ${nextcloud.url}`,
  `  login          ${nextcloud.user}  ${nextcloud.password}`,
];

/** Starts what can be started; resolves with what could not, and why. */
async function start(running: AsyncDisposableStack, chosen: readonly Part[]): Promise<readonly string[]> {
  await ensureDebian(debianPackages({ ...needs, hosts: chosen.map(({ host }) => host) }));
  const playground = await ownFolder(running);
  const board = emptyBoard();
  const opening = running.adopt(await startOpening(board), (it) => it.close());
  progress(`The page to begin with is ${opening.url}`);
  const emulators = await told({ board }, 'Starting the emulators', () => startEmulators(running, board));
  const example = await told({ board }, 'Encoding a photo and a video', () =>
    makeExampleReport(join(playground, 'workspace')),
  );
  const packages = await told({ board }, 'Building the n8n package and the extension', build);
  board.proofs = await told({ board }, 'Making a receipt', () => makeProofs(example, join(playground, 'proofs')));
  const { lines, failures } = await startEach(
    chosen.map((part) => ({
      name: part.host,
      start: async () => {
        await ensureHost(part.host);
        return part.start(running, { ...packages, ...emulators, example, playground, board });
      },
    })),
  );
  board.doing = undefined;
  board.failures.push(...failures);
  const all = [`Begin here       ${opening.url}`, ...emulatorLines(emulators), ...lines, ...failures];
  process.stdout.write(`\n${all.join('\n')}\n\nRunning until Ctrl-C.\n`);
  return failures;
}

/** Several may run at once in one clone: each has a folder of its own, and takes one that is left. */
async function ownFolder(running: AsyncDisposableStack): Promise<string> {
  for (let number = 1; ; number++) {
    const folder = join(root, 'build', number === 1 ? 'start' : `start-${number}`);
    const lock = await tryLock(`${folder}.lock`);
    if (lock === undefined) continue;
    running.adopt(lock, (it) => it.release());
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return folder;
  }
}

/** The packaging script ends by naming what it has made. */
async function build(): Promise<Packages> {
  const said = await withLock(join(root, 'build', 'package.lock'), () =>
    runCommand(node24, ['.config/package.ts'], { cwd: root }),
  );
  const named = (ending: string) =>
    join(root, said.split('\n').find((line) => line.startsWith('build/') && line.endsWith(ending)) as string);
  return { tarball: named('.tgz'), vsix: named('.vsix') };
}

const { only } = parseArgs({ options: { only: { type: 'string' } }, strict: false }).values;
const chosen = Object.entries(parts).flatMap(([name, part]) => (only === undefined || only === name ? [part] : []));
if (chosen.length === 0 || process.argv.slice(2).some((it) => it.startsWith('-') && !/^--only\b/.test(it))) {
  process.stderr.write(`npm start takes nothing, or -- --only with one of: ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}

// The terminal tells every process of Ctrl-C, and the one that started us tells us again: once is enough.
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

const running = new AsyncDisposableStack();
const outcome = await Promise.race([
  start(running, chosen).then((failures) => interrupted.then(() => failures)),
  interrupted.then(() => []),
]).catch((error: unknown) => [messageOf(error)]);
progress('Stopping ...');
await running.disposeAsync();
for (const failure of outcome) progress(failure);
process.exit(outcome.length === 0 ? 0 : 1);
