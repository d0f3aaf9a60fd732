import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCodeServer } from './codeServer.ts';
import type { Workbench } from './workbench.ts';
import { openWorkbench } from './workbench.ts';

let folder: string;
let vsix: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-probe-'));
  vsix = join(folder, 'probe.vsix');
  await writeFile(join(folder, 'note.txt'), 'A note.\n');
  const cwd = join(import.meta.dirname, 'fixture');
  await createVSIX({ cwd, packagePath: vsix, dependencies: false, skipLicense: true, allowMissingRepository: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function withWorkbench(language: string, tests: (workbench: () => Workbench) => void): void {
  const started = new AsyncDisposableStack();
  let workbench: Workbench;
  beforeAll(async () => {
    const server = started.adopt(await startCodeServer({ vsix: [vsix], folder, language }), (it) => it.stop());
    workbench = started.adopt(await openWorkbench(server), (it) => it.close());
  }, 600_000);
  afterAll(() => started.disposeAsync());
  tests(() => workbench);
}

describe('a real VS Code in a browser', () => {
  withWorkbench('en', (workbench) => {
    it('runs a command of an installed extension and shows what it says', async () => {
      await workbench().command('Probe: Greet');
      await workbench().quickInput('Dossier');
      await workbench().notification('Hello Dossier').waitFor();
    });

    it('takes a path in the file dialog', async () => {
      await workbench().command('Probe: Pick a File');
      await workbench().quickInput(join(folder, 'note.txt'));
      await workbench()
        .notification(`Picked ${join(folder, 'note.txt')}`)
        .waitFor();
    });

    it('answers a modal dialog', async () => {
      await workbench().command('Probe: Confirm');
      await workbench().dialog('Do It');
      await workbench().notification('Chose Do It').waitFor();
    });

    it('shows a view of its own, on Node 24', async () => {
      await workbench().openContainer('Probe');
      expect(
        await workbench()
          .treeRow(/^Node /)
          .textContent(),
      ).toMatch(/^Node 24\./);
    });

    it('reaches into a web view', async () => {
      await workbench().command('Probe: Open Page');
      await workbench().webview('dossier-test.probe').getByRole('button', { name: 'Press me' }).click();
      await workbench().notification('Pressed in dossier-test.probe').waitFor();
      await workbench().editorTab('Probe Page').waitFor();
    });

    it('takes a picture of the window', async () => {
      const picture = join(folder, 'window.png');
      await workbench().screenshot(picture);
      const header = await readFile(picture);
      expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([1280, 800]);
    });
  });
});

describe('a VS Code whose display language is French', () => {
  withWorkbench('fr', (workbench) => {
    it('shows an extension in French', async () => {
      await workbench().command('Probe: Saluer');
      await workbench().quickInput('Zoé');
      await workbench().notification('Bonjour Zoé').waitFor();
    });
  });
});
