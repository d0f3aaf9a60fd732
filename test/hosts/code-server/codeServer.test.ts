import { createVSIX } from '@vscode/vsce';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCodeServer } from './codeServer.ts';
import type { CodeServer } from './codeServer.ts';
import { openWorkbench } from './workbench.ts';
import type { Workbench } from './workbench.ts';

describe('a real VS Code in a browser', () => {
  let folder: string;
  let server: CodeServer;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dossier-probe-'));
    await writeFile(join(folder, 'note.txt'), 'A note.\n');
    const vsix = join(folder, 'probe.vsix');
    const fixture = join(import.meta.dirname, 'fixture');
    await createVSIX({ cwd: fixture, packagePath: vsix, dependencies: false, skipLicense: true, allowMissingRepository: true });
    server = await startCodeServer({ vsix: [vsix], folder });
    workbench = await openWorkbench(server);
  }, 600_000);

  afterAll(async () => {
    await workbench?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('runs a command of an installed extension and shows what it says', async () => {
    await workbench.command('Probe: Greet');
    await workbench.quickInput('Dossier');
    await workbench.notification('Hello Dossier').waitFor();
  });

  it('takes a path in the file dialog', async () => {
    await workbench.command('Probe: Pick a File');
    await workbench.quickInput(join(folder, 'note.txt'));
    await workbench.notification(`Picked ${join(folder, 'note.txt')}`).waitFor();
  });

  it('answers a modal dialog', async () => {
    await workbench.command('Probe: Confirm');
    await workbench.dialog('Do It');
    await workbench.notification('Chose Do It').waitFor();
  });

  it('shows a view of its own, on Node 24', async () => {
    await workbench.openContainer('Probe');
    expect(await workbench.treeRow(/^Node /).textContent()).toMatch(/^Node 24\./);
  });

  it('reaches into a web view', async () => {
    await workbench.command('Probe: Open Page');
    await workbench.webview('dossier-test.probe').getByRole('button', { name: 'Press me' }).click();
    await workbench.notification('Pressed in dossier-test.probe').waitFor();
    await workbench.editorTab('Probe Page').waitFor();
  });

  it('takes a picture of the window', async () => {
    const picture = join(folder, 'window.png');
    await workbench.screenshot(picture);
    const header = await readFile(picture);
    expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([1280, 800]);
  });
});
