/**
 * `npm start`: everything at once, to look at and to play with, until Ctrl-C. A real n8n with the packed node, an
 * active example workflow and an emulated Dropbox behind it, which receives one report at once; and a real VS Code
 * in the browser with the packed extension. `--only n8n` and `--only vscode` start less.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commands, debianPackages, type Needs } from '../../.config/installing/plan.mjs';
import { progress, step } from '../../.config/installing/step.mjs';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { dropboxCredential, dropboxOverwrites } from '../n8n/workflows.ts';
import { startCodeServer } from './code-server/codeServer.ts';
import { runCommand } from './command.ts';
import { ensureDebian } from './debian.ts';
import type { ExampleReport } from './exampleReport.ts';
import { makeExampleReport } from './exampleReport.ts';
import { ensureHost } from './install.ts';
import { tryLock, withLock } from './lock.ts';
import { dropboxCredentialId, readExampleWorkflows, submitExample } from './n8n/examples.ts';
import { startN8n } from './n8n/n8n.ts';
import { node24 } from './node24.ts';
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

/** What all parts share. */
interface Made extends Packages {
  example: ExampleReport;
  /** The folder of this start. */
  playground: string;
}

const parts: Record<string, Part> = {
  n8n: {
    host: 'n8n',
    async start(running, { tarball, example, playground }) {
      const dropbox = running.adopt(await step('Starting the Dropbox emulator', () => startDropboxEmulator()), (it) =>
        it.close(),
      );
      const { id, path } = submitExample;
      const options = {
        nodePackage: { tarball },
        credentials: [{ ...dropboxCredential(dropboxCredentialId, dropbox), name: 'Dropbox' }],
        workflows: await readExampleWorkflows(),
        env: dropboxOverwrites(dropbox),
      };
      const n8n = running.adopt(await step('Starting n8n', () => startN8n(options)), (it) => it.stop());
      await n8n.activate(id);
      await step(`Submitting "${example.title}" through n8n`, () => submitByWebhook(n8n, path, example));
      const received = await saveReceivedReport(dropbox, join(playground, 'received'));
      return [
        `n8n              ${n8n.url}/workflow/${id}`,
        `  login          ${n8n.ownerEmail}  ${n8n.ownerPassword}`,
        `  webhook        ${n8n.url}/webhook/${path}`,
        `Dropbox emulator ${dropbox.url}`,
        `Report received  ${received}`,
      ];
    },
  },
  vscode: {
    host: 'code-server',
    async start(running, { vsix, example, playground }) {
      const options = { vsix: [vsix], folder: join(playground, 'workspace') };
      const server = running.adopt(await step('Starting VS Code', () => startCodeServer(options)), (it) => it.stop());
      return [`VS Code          ${server.url}`, `  to attach      ${example.files.map(({ path }) => path).join('  ')}`];
    },
  },
};

/** Starts what can be started; resolves with what could not, and why. */
async function start(running: AsyncDisposableStack, chosen: readonly Part[]): Promise<readonly string[]> {
  await ensureDebian(debianPackages({ ...needs, hosts: chosen.map(({ host }) => host) }));
  const playground = await ownFolder(running);
  const example = await step('Encoding a photo and a video', () => makeExampleReport(join(playground, 'workspace')));
  const packages = await step('Building the n8n package and the extension', build);
  const { lines, failures } = await startEach(
    chosen.map((part) => ({
      name: part.host,
      start: async () => {
        await ensureHost(part.host);
        return part.start(running, { ...packages, example, playground });
      },
    })),
  );
  process.stdout.write(`\n${[...lines, ...failures].join('\n')}\n\nRunning until Ctrl-C.\n`);
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
