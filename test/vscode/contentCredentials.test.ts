import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { createSigner, signed, smallJpeg } from '../support/contentCredentials.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

describe('content credentials in the editor', () => {
  let workspace: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  const verify = async (file: string) => {
    await workbench.command('Dossier: Verify File…');
    await dossier.choosePath(join(workspace, file), 'Verify');
  };
  const put = async () => {
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.command('View: Close All Editors');
  };

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-c2pa-'));
    const [acme, stranger] = [await createSigner('Acme Cameras'), await createSigner('Stranger')];
    const valid = await signed(smallJpeg(), acme);
    const altered = Uint8Array.from(valid, (byte, at) => (at === valid.length - 3 ? byte ^ 1 : byte));
    const damaged = Uint8Array.from(valid);
    damaged.fill(0xff, Buffer.from(valid).indexOf('jumb') + 4, Buffer.from(valid).indexOf('jumb') + 8);
    const certificates = join(workspace, 'trusted.pem');
    await Promise.all([
      writeFile(join(workspace, 'valid.jpg'), valid),
      writeFile(join(workspace, 'altered.jpg'), altered),
      writeFile(join(workspace, 'damaged.jpg'), damaged),
      writeFile(join(workspace, 'stranger.jpg'), await signed(smallJpeg(), stranger)),
      writeFile(join(workspace, 'plain.jpg'), smallJpeg()),
      writeFile(certificates, acme.rootPem),
    ]);
    const settings = { 'dossier.contentCredentials.certificates': certificates };
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace, settings }));
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));
  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('are judged beside the attachments of a draft', async () => {
    await workbench.openContainer('Dossier');
    await dossier.newReport('Pictures');
    for (const name of ['valid', 'stranger', 'altered', 'damaged', 'plain'])
      await dossier.attach(join(workspace, `${name}.jpg`));
    const said = (name: string, words: string) =>
      dossier.page
        .locator('li', { hasText: `${name}.jpg` })
        .getByText(words)
        .waitFor({ timeout: 60_000 });
    await said('valid', 'Content credentials hold: signed by Acme Cameras Signer (Acme Cameras)');
    await said('stranger', 'Content credentials fit the file, and name Stranger Signer (Stranger) as the signer');
    await said('altered', 'Content credentials do not fit: the file is not as Acme Cameras Signer');
    await said('damaged', 'Content credentials are there');
    await dossier.picture('content credentials');
    await dossier.save();
  }, 120_000);

  it('are told with the verdict on a file', async () => {
    await verify('valid.jpg');
    const toast = workbench.notification('Content credentials hold: signed by Acme Cameras Signer');
    await toast.getByRole('button', { name: 'What Was Checked', exact: true }).click();
    const page = workbench.webview('vscode.markdown-language-features');
    await page.getByRole('heading', { level: 2, name: 'Content credentials' }).waitFor();
    await dossier.picture('content credentials valid');
    await put();
    await verify('altered.jpg');
    await workbench.notification('Content credentials do not fit').waitFor();
    await dossier.picture('content credentials altered');
    await put();
    await verify('stranger.jpg');
    await workbench.notification('nobody that you trust vouches for that name').waitFor();
    await dossier.picture('content credentials unknown signer');
    await put();
  }, 120_000);
});
