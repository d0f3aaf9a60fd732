import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { type CodeServer, type CodeServerOptions, startCodeServer } from '../hosts/code-server/codeServer.ts';
import { openWorkbench, type Workbench } from '../hosts/code-server/workbench.ts';
import { type Dossier, openDossier } from './dossier.ts';
import { packedExtension } from './packed.ts';

/** A real VS Code in a real browser, with Dossier as it is shipped. */
export interface Editor {
  readonly server: CodeServer;
  readonly workbench: Workbench;
  readonly dossier: Dossier;
  /** Lines of Dossier's log, of this window and of those before a reload. */
  log(): Promise<string[]>;
  close(): Promise<void>;
}

/** As many lines of the log as help who reads a failure. */
const logLines = 20;

export async function openEditor(options: Omit<CodeServerOptions, 'vsix'>): Promise<Editor> {
  await using opened = new AsyncDisposableStack();
  // Most tests are about what comes after the question.
  const settings = { 'dossier.confirmSubmit': false, ...options.settings };
  const server = await startCodeServer({ ...options, settings, vsix: [await packedExtension()] });
  opened.defer(() => server.stop());
  const workbench = await openWorkbench(server);
  opened.defer(() => workbench.close());
  const dossier = await openDossier(workbench);
  const running = opened.move();
  return { server, workbench, dossier, log: () => logOf(server), close: () => running.disposeAsync() };
}

/** For `afterEach`: keeps a picture of a failure, and puts what the screen and the log said beside it. */
export async function explainFailure({ task }: Pick<TestContext, 'task'>, editor: Editor | undefined): Promise<void> {
  if (task.result?.state !== 'fail' || !editor) return;
  await editor.dossier.picture(`failed ${task.name}`);
  const words = [...(await editor.workbench.words()), '', ...(await editor.log()).slice(-logLines)];
  throw new Error(`When "${task.name}" failed, the editor said:\n${words.join('\n')}`);
}

async function logOf({ userDataDir }: CodeServer): Promise<string[]> {
  const files = (await readdir(join(userDataDir, 'logs'), { recursive: true }))
    .filter((file) => file.endsWith('Dossier.log'))
    .sort();
  const texts = await Promise.all(files.map((file) => readFile(join(userDataDir, 'logs', file), 'utf8')));
  return texts.join('').trimEnd().split('\n');
}
