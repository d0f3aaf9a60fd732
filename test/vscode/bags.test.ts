import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { ensureDebian } from '../hosts/debian.ts';
import { seededBytes } from '../support/seeded.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { chooseInMenu } from './menu.ts';

const photo = seededBytes(300_000, 'bag photo');
const checker = join(import.meta.dirname, '../support/checkBag.py');
const refusals = (path: string) => spawnSync('python3', [checker, path], { encoding: 'utf8' }).stdout;

describe('bags in the editor', () => {
  let workspace: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;
  const exported = () => workbench.notification('The bag is in');
  const put = async () => {
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.command('View: Close All Editors');
  };

  beforeAll(async () => {
    await ensureDebian(['python3', 'unzip']);
    workspace = await mkdtemp(join(tmpdir(), 'dossier-bags-'));
    for (const name of ['delivered', 'bags']) await mkdir(join(workspace, name));
    await writeFile(join(workspace, 'gate 100%.jpg'), photo);
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace }));
    await workbench.command('Dossier: Create Key');
    await workbench.notification('This computer has its Dossier key').waitFor();
    await dossier.addFolder(join(workspace, 'delivered'), 'Archive');
    for (const title of ['North gate', 'South gate']) {
      await dossier.newReport(title, 'As found.');
      await dossier.attach(join(workspace, 'gate 100%.jpg'));
      await dossier.press('Submit');
      await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
      await put();
    }
  }, 300_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('makes one of a delivered report, which others accept, and finds what was changed in it', async () => {
    await chooseInMenu(workbench.page, dossier.tree('North gate').first(), 'Export as BagIt…');
    await workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: 'as one ZIP file' }).waitFor();
    await dossier.picture('bag forms');
    await dossier.pick('A BagIt bag, as one ZIP file');
    const archive = join(workspace, 'bags', 'north.zip');
    await dossier.choosePath(archive, 'OK');
    await exported().waitFor();
    await dossier.picture('bag exported');
    expect(refusals(archive)).toBe('');
    const { stdout } = await promisify(execFile)('unzip', ['-Z1', archive]);
    const names = stdout.trim().split('\n');
    expect(names.at(-1)).toBe('North gate/bagit.txt');
    expect(names).toEqual(
      expect.arrayContaining(['North gate/receipts/dossier.sigstore.json', 'North gate/ledger/statement-key.pem']),
    );
    await put();

    const verify = async () => {
      await workbench.command('Dossier: Verify Folder…');
      await dossier.pick('A ZIP archive');
      await dossier.choosePath(archive, 'Verify');
    };
    await verify();
    await workbench.notification('"north.zip" is as recorded').waitFor();
    await dossier.picture('bag verified');
    await put();
    const bytes = await readFile(archive);
    bytes[bytes.indexOf(photo.subarray(1000, 1100)) + 7]! ^= 1;
    await writeFile(archive, bytes);
    await verify();
    const toast = workbench.notification('"north.zip" is not as recorded');
    await toast.getByRole('button', { name: 'What Differs' }).click();
    await workbench.webview('vscode.markdown-language-features').getByText('data/gate 100%.jpg').waitFor();
    await dossier.picture('bag changed');
    await put();
  }, 120_000);

  it('makes one of several reports and of a folder, each in a folder of its own', async () => {
    await workbench.command('Dossier: Export as BagIt…');
    const quick = workbench.page.locator('.quick-input-widget');
    for (const title of ['North gate', 'South gate'])
      await quick.locator('.monaco-list-row', { hasText: title }).first().click();
    await quick.getByRole('button', { name: 'OK', exact: true }).click();
    await dossier.pick('A BagIt bag, as a folder');
    await dossier.choosePath(`${join(workspace, 'bags')}/`, 'Export Here');
    await exported().waitFor();
    const made = join(workspace, 'bags', '2 reports');
    expect(refusals(made)).toBe('');
    expect((await readdir(join(made, 'data'))).sort()).toEqual(['North gate', 'South gate']);
    await put();

    await workbench.command('Dossier: Focus on Linked Folders View');
    const linked = workbench.page
      .locator('.pane')
      .filter({ has: workbench.page.locator('.pane-header[aria-label^="Linked Folders"]') });
    const row = linked.locator('.monaco-list-row').filter({ hasText: 'Archive' }).first();
    await chooseInMenu(workbench.page, row, 'Export as BagIt…');
    await dossier.pick('A BagIt bag, as a folder');
    await dossier.choosePath(`${join(workspace, 'bags')}/`, 'Export Here');
    await exported().waitFor();
    expect(refusals(join(workspace, 'bags', 'Archive'))).toBe('');
    await put();
  }, 120_000);
});
