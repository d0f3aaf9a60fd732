import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { seededBytes } from '../support/seeded.ts';
import { type StaticServer, serveFiles } from '../support/staticServer.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

const photo = seededBytes(30_000, 'published photo');

describe('publishing from the editor', () => {
  let workspace: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;
  let server: StaticServer;
  const clipboard = async () => String(await workbench.page.evaluate('navigator.clipboard.readText()'));
  const button = (toast: Locator, name: string) => toast.getByRole('button', { name, exact: true });
  const published = (path: string) => readFile(join(workspace, 'public', path)).catch(() => undefined);

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-publish-'));
    for (const folder of ['delivered', 'public']) await mkdir(join(workspace, folder));
    await writeFile(join(workspace, 'gate.jpg'), photo);
    server = await serveFiles(published);
    editor = await openEditor({ folder: workspace, settings: { 'dossier.reports.privacy': 'public' } });
    ({ workbench, dossier } = editor);
    await workbench.context.grantPermissions(['clipboard-read', 'clipboard-write'], {
      origin: new URL(editor.server.url).origin,
    });
  }, 300_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await server?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('publishes into a folder, gives the link, and answers by it; the audit finds all whole', async () => {
    await dossier.addFolder(join(workspace, 'delivered'));
    await dossier.newReport('Gate', 'North gate.');
    await dossier.attach(join(workspace, 'gate.jpg'));
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 90_000 });
    await workbench.command('Notifications: Clear All Notifications');

    await workbench.command('Dossier: Publish Ledger…');
    await dossier.pick('A folder on this computer');
    await dossier.choosePath(`${join(workspace, 'public')}/`, 'Publish Here');
    await dossier.answer(/The address under which everybody/, server.url);
    const toast = workbench.notification('entries are published in');
    await toast.waitFor({ timeout: 60_000 });
    await dossier.picture('published');
    await button(toast, 'Copy Verification Link').click();
    await expect.poll(clipboard).toContain(`${server.url}verify.html#key=`);
    const link = await clipboard();
    expect(String(await published('verify.html'))).toContain('Content-Security-Policy');
    await workbench.command('Notifications: Clear All Notifications');

    await workbench.command('Dossier: Verify Against an Address…');
    await dossier.choosePath(join(workspace, 'gate.jpg'), 'Verify');
    await dossier.answer(/The verification link/, link);
    const verdict = workbench.notification('Known: "gate.jpg" is exactly what');
    await verdict.waitFor({ timeout: 60_000 });
    expect(await verdict.textContent()).toContain('Version 1 of 1');
    await dossier.picture('verified at an address');
    await workbench.command('Notifications: Clear All Notifications');

    await workbench.command('Dossier: Audit Ledger');
    await workbench.notification('are whole, and so is what is published in 1 folders').waitFor({ timeout: 60_000 });
  }, 300_000);
});
