import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sha256Hex } from '../../shared/index.ts';
import { type CodeServer, startCodeServer } from '../hosts/code-server/codeServer.ts';
import { openWorkbench, type Workbench } from '../hosts/code-server/workbench.ts';
import { seededBytes } from '../support/seeded.ts';
import { type Dossier, openDossier } from './dossier.ts';
import { packedExtension } from './packed.ts';

const photo = seededBytes(300_000, 'ledger photo');
const altered = Uint8Array.from(photo, (byte, at) => (at === 1234 ? byte ^ 1 : byte));

describe('the ledger in the editor', () => {
  let workspace: string;
  let server: CodeServer;
  let workbench: Workbench;
  let dossier: Dossier;
  let fingerprint: string;

  const clipboard = async () => String(await workbench.page.evaluate('navigator.clipboard.readText()'));
  const button = (toast: Locator, name: string) => toast.getByRole('button', { name, exact: true });
  const page = () => workbench.webview('vscode.markdown-language-features');
  const verify = async (path: string) => {
    await workbench.command('Dossier: Verify File…');
    await dossier.choosePath(path, 'Verify');
  };
  const fromExplorer = async (file: string, item: string) => {
    await workbench.command('View: Show Explorer');
    await workbench.treeRow(file).click({ button: 'right' });
    const entry = workbench.page.getByRole('menuitem', { name: item });
    await entry.waitFor();
    // A menu that has just opened takes no click yet, so that nobody chooses by the click that opened it.
    await vi.waitFor(
      async () => {
        if (await entry.isVisible()) await entry.click({ timeout: 500 }).catch(() => undefined);
        expect(await entry.isVisible()).toBe(false);
      },
      { timeout: 10_000, interval: 300 },
    );
  };
  /** Takes a toast away, and the page that its button opened. */
  const put = async () => {
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.command('View: Close All Editors');
  };

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    await mkdir(join(workspace, 'delivered'));
    await mkdir(join(workspace, 'public'));
    await writeFile(join(workspace, 'gate.jpg'), photo);
    await writeFile(join(workspace, 'stranger.jpg'), altered);
    server = await startCodeServer({ vsix: [await packedExtension()], folder: workspace });
    workbench = await openWorkbench(server);
    await workbench.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(server.url).origin });
    dossier = await openDossier(workbench);
  }, 240_000);

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await dossier.picture(`failed ${task.name}`);
  });

  afterAll(async () => {
    await workbench?.close();
    await server?.stop();
    await rm(workspace, { recursive: true, force: true });
  });

  it('makes a key, shows its fingerprint, and writes its public part', async () => {
    await workbench.command('Dossier: Create Key');
    const toast = workbench.notification('This computer has its Dossier key');
    await dossier.picture('key created');
    await button(toast, 'Show Fingerprint').click();
    await workbench.page.locator('.monaco-dialog-box').waitFor();
    await dossier.picture('fingerprint');
    await workbench.dialog('Copy Fingerprint');
    await expect.poll(clipboard).toMatch(/^[0-9a-f]{64}$/);
    fingerprint = await clipboard();

    await workbench.command('Dossier: Export Public Part of the Key…');
    await dossier.choosePath(`${join(workspace, 'public')}/`, 'Export Here');
    await workbench.notification('statement-key.pem and trusted_root.json are in').waitFor();
    const pem = await readFile(join(workspace, 'public', 'statement-key.pem'), 'utf8');
    expect(sha256Hex(Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64'))).toBe(fingerprint);
    await put();
  }, 90_000);

  it('knows what was submitted, by its content, and shows what was checked', async () => {
    await dossier.addFolder(join(workspace, 'delivered'));
    await dossier.newReport('Gate', 'North gate, as found.');
    await dossier.attach(join(workspace, 'gate.jpg'));
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    await put();
    await rename(join(workspace, 'gate.jpg'), join(workspace, 'renamed.jpg'));

    await verify(join(workspace, 'renamed.jpg'));
    const toast = workbench.notification('Known: "renamed.jpg" is exactly what was recorded');
    await toast.waitFor();
    await dossier.picture('verify known');
    await button(toast, 'What Was Checked').click();
    await page().getByRole('heading', { level: 1, name: 'Known' }).waitFor();
    await dossier.picture('verify known page');
    expect(await page().getByText(/^✓/).count()).toBe(7);
    expect(await page().getByText('✗').count()).toBe(0);
    await page().getByText(sha256Hex(photo)).waitFor();
    await page().getByText('Submit, version 1, entry 0').waitFor();
    await page().getByText('Local receipt').waitFor();
    await put();
  }, 120_000);

  it('says changed of a delivered file that is no longer what the receipt beside it is about', async () => {
    await writeFile(join(workspace, 'delivered', 'Gate', 'gate.jpg'), altered);
    await verify(join(workspace, 'delivered', 'Gate', 'gate.jpg'));
    const toast = workbench.notification('Changed: "gate.jpg" is not what was recorded under this name');
    await toast.waitFor();
    await dossier.picture('verify changed');
    await button(toast, 'What Was Checked').click();
    await page().getByRole('heading', { level: 1, name: 'Changed' }).waitFor();
    await dossier.picture('verify changed page');
    await put();
    await writeFile(join(workspace, 'delivered', 'Gate', 'gate.jpg'), photo);
  }, 60_000);

  it('says unknown of a file in the explorer that was never recorded, and why that proves nothing', async () => {
    await fromExplorer('stranger.jpg', 'Verify File…');
    const toast = workbench.notification('Unknown: nothing was recorded about "stranger.jpg"');
    await toast.waitFor();
    await dossier.picture('verify unknown');
    await button(toast, 'What Was Checked').click();
    await page().getByText('That is no proof of anything').waitFor();
    await dossier.picture('verify unknown page');
    await put();
  }, 60_000);
});
