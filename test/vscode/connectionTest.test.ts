import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

/** Somebody wants to know what is wrong with a connection. */
describe('the test of a connection', () => {
  let workspace: string;
  let dropbox: DropboxEmulator;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    dropbox = await startDropboxEmulator();
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: { 'dossier.dropbox.endpoint': dropbox.url },
    }));
    await dossier.addDropbox(dropbox.token, '/Reports');
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await dropbox?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  const page = () => workbench.webview('vscode.markdown-language-features');
  const tested = async () => {
    await workbench.command('Dossier: Test Connection');
    await dossier.pick('Dropbox');
  };

  it('shows a page with a line for each step, which can be copied', { timeout: 120_000 }, async () => {
    await tested();
    await page().getByRole('heading', { name: 'Test of Dropbox' }).waitFor();
    await page().getByText('Everything works').waitFor();
    await page().getByText('/Reports is made with the first report; / can be written to').waitFor();
    expect(await page().locator('tbody tr').count()).toBe(9);
    await dossier.picture('connection test');
    await workbench.page.getByRole('button', { name: 'Copy Report' }).click();
    expect(dropbox.files.list()).toEqual([]);
    await workbench.command('View: Close All Editors');
  });

  it('tests the drive itself and cleans up', { timeout: 120_000 }, async () => {
    await workbench.command('Dossier: Test This Drive…');
    await dossier.pick('Dropbox');
    await workbench.page.getByRole('button', { name: 'Test This Drive', exact: true }).click();
    await page().getByRole('heading', { name: 'Drive test of Dropbox' }).waitFor();
    await page()
      .getByText(/^This drive keeps all that Dossier asks of it/)
      .waitFor();
    await dossier.picture('drive test');
    expect(dropbox.files.list().filter(({ kind, path }) => kind !== 'deleted' && path.includes('drive test'))).toEqual(
      [],
    );
    await workbench.command('View: Close All Editors');
  });

  it('names the step that fails and what to do', { timeout: 120_000 }, async () => {
    dropbox.tokens.revoke(dropbox.token);
    await tested();
    await page()
      .getByText(/^Sign-in: /)
      .waitFor();
    await page().getByText('Not looked at: an earlier step failed').first().waitFor();
    await dossier.picture('connection test failed');
    expect(await page().locator('body').innerText()).not.toContain(dropbox.token);
  });
});
