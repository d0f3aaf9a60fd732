import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

describe('a mirror of the open folder', () => {
  let scratch: string;
  let workspace: string;
  let destination: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'dossier-mirror-'));
    workspace = join(scratch, 'notes');
    destination = join(scratch, 'receives');
    await mkdir(join(workspace, 'deep'), { recursive: true });
    await mkdir(destination);
    await writeFile(join(workspace, 'plan.txt'), 'first');
    await writeFile(join(workspace, 'deep/list.txt'), 'a list');
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace }));
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const copy = (name: string) => readFile(join(destination, 'notes', name), 'utf8').catch(() => '');

  it('shows its plan, runs, follows what is saved, and keeps and compares what was changed there', async () => {
    const { page } = workbench;
    await dossier.addFolder(destination);
    await workbench.command('Dossier: Mirror Folder…');
    await dossier.pick('notes');
    await dossier.pick('receives');
    await dossier.answer(/Folder at the destination/, '/notes');
    await dossier.pick('Keep the copy');
    await dossier.pick('Keep both');
    await dossier.pick('Record each version that is sent');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(/Files to be sent: 2/).waitFor({ timeout: 30_000 });
    await dossier.picture('mirror plan');
    await dialog.getByRole('button', { name: 'Start Mirror' }).click();
    await expect.poll(() => copy('plan.txt'), { timeout: 30_000 }).toBe('first');
    await expect.poll(() => copy('deep/list.txt'), { timeout: 30_000 }).toBe('a list');
    await dossier.tree(/^notes.*up to date/).waitFor();
    await dossier.picture('mirror up to date');

    await writeFile(join(destination, 'notes', 'plan.txt'), 'theirs');
    await writeFile(join(workspace, 'plan.txt'), 'second');
    await workbench.command('Dossier: Mirror Now');
    await expect.poll(() => copy('plan.txt'), { timeout: 30_000 }).toBe('second');
    await dossier.tree(/^notes.*conflicts: 1/).waitFor();
    const kept = (await readdir(join(destination, 'notes'))).find((name) => name.startsWith('plan (destination'));
    expect(await copy(kept!)).toBe('theirs');
    await workbench.command('Dossier: Mirror Conflicts…');
    await dossier.pick('plan.txt');
    await page.getByRole('tab', { name: /there and here/ }).waitFor({ timeout: 30_000 });
    await dossier.picture('mirror conflict');
  }, 240_000);

  it('shows what is left of a file that is gone here, of the mirror that was meant', async () => {
    const { page } = workbench;
    await workbench.command('Notifications: Clear All Notifications');
    await writeFile(join(destination, 'notes', 'deep/list.txt'), 'their list');
    await rm(join(workspace, 'deep/list.txt'));
    await workbench.command('Dossier: Mirror Now');
    const toast = workbench.notification('changed at the destination: 1');
    await toast.getByRole('button', { name: 'Show Conflicts' }).click({ timeout: 30_000 });
    await dossier.pick('deep/list.txt');
    await workbench.notification('"deep/list.txt" is gone on this computer').waitFor({ timeout: 30_000 });
    await page.getByText('their list').waitFor();
    await dossier.picture('mirror compare gone');
  }, 120_000);

  it('has recorded what it sent', async () => {
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.command('Dossier: Verify File…');
    await dossier.choosePath(join(workspace, 'plan.txt'), 'Verify');
    await workbench.notification('Known: "plan.txt" is exactly what was recorded').waitFor({ timeout: 30_000 });
    await dossier.picture('mirror verify');
  }, 120_000);
});
