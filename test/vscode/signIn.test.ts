import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { startApache } from '../hosts/webdav/apache.ts';
import type { WebdavServer } from '../hosts/webdav/server.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { type Media, makeMedia } from './media.ts';

describe('accounts, signed in to from the editor', () => {
  let workspace: string;
  let dropbox: DropboxEmulator;
  let nextcloud: NextcloudEmulator;
  /** With a certificate that nobody vouches for. */
  let ownCertificate: NextcloudEmulator;
  let apache: WebdavServer;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;
  let media: Media;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    [dropbox, nextcloud, ownCertificate, apache, media] = await Promise.all([
      startDropboxEmulator(),
      startNextcloudEmulator(),
      startNextcloudEmulator({ tls: true }),
      startApache('Digest'),
      makeMedia(),
    ]);
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: { 'dossier.dropbox.endpoint': dropbox.url },
    }));
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await Promise.all([dropbox?.close(), nextcloud?.close(), ownCertificate?.close(), apache?.close()]);
    await rm(workspace, { recursive: true, force: true });
  });

  it('delivers to Dropbox with an access token', async () => {
    await dossier.addDropbox(dropbox.token, '/Dossier');
    await dossier.newReport('Flood at the mill bridge', 'Seen from the north bank.');
    await dossier.attach(media.photo, media.video);
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    await dossier.tree(/^Submitted\s*1/).waitFor();
    await dossier.picture('dropbox');
    await workbench.command('View: Close All Editors');
    for (const original of [media.photo, media.video]) {
      expect(
        (await dropbox.files.read(`/Dossier/Flood at the mill bridge/${basename(original)}`)).equals(
          await readFile(original),
        ),
      ).toBe(true);
    }
    expect((await dropbox.files.read('/Dossier/Flood at the mill bridge/description.txt')).toString()).toBe(
      'Seen from the north bank.',
    );
    expect(
      JSON.parse((await dropbox.files.read('/Dossier/Flood at the mill bridge/dossier.json')).toString()).files,
    ).toHaveLength(3);
  }, 120_000);

  it('signs in to Dropbox in the browser with PKCE, and revokes the access on leaving', async () => {
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Dropbox');
    await dossier.pick('Sign in with the browser');
    await dossier.answer(/App key/, dropbox.appKey);
    const page = await dossier.browserPage(() => dossier.answer(/App secret/, ''));
    expect(new URL(page.url()).searchParams.get('code_challenge_method')).toBe('S256');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('You can close this page').waitFor();
    await page.close();
    await dossier.answer(/Folder that receives/, '/Signed in');
    await dossier.answer(/Name of the connection/, 'By browser');
    await dossier.tree('By browser').first().waitFor();

    await workbench.command('Dossier: Delete Connection');
    await dossier.pick('By browser');
    await workbench.dialog('Delete and Revoke Access');
    await dossier.tree('By browser').first().waitFor({ state: 'detached' });
    expect(dropbox.requests.count('auth/token/revoke')).toBe(1);
  }, 120_000);

  it('signs in to Nextcloud on its own page, and delivers', async () => {
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Nextcloud');
    await dossier.pick('Sign in with the browser');
    const page = await dossier.browserPage(() =>
      dossier.answer(/Address of your Nextcloud/, `${nextcloud.url}/index.php/apps/files/`),
    );
    await page.getByLabel('Account name').fill(nextcloud.user);
    await page.getByLabel('Password').fill(nextcloud.loginPassword);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Grant access' }).click();
    await page.getByText('connected').first().waitFor();
    await page.close();
    await dossier.answer(/Folder that receives/, '/Field reports');
    await dossier.answer(/Name of the connection/, 'Harbour');
    await dossier.tree('Harbour').first().waitFor();

    await dossier.newReport('From the cloud', 'Seen from the north bank.');
    await dossier.page.getByLabel('Send to').selectOption('Harbour (Nextcloud)');
    await dossier.attach(media.photo);
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    await dossier.picture('nextcloud');
    const authorization = `Basic ${Buffer.from(`${nextcloud.user}:${nextcloud.password}`).toString('base64')}`;
    const delivered = await fetch(`${nextcloud.filesUrl}/Field%20reports/From%20the%20cloud/bridge.jpg`, {
      headers: { authorization },
    });
    expect(Buffer.from(await delivered.arrayBuffer()).equals(await readFile(media.photo))).toBe(true);
  }, 120_000);

  it('gives the app password back to Nextcloud on leaving', async () => {
    await workbench.command('View: Close All Editors');
    const granted = () =>
      nextcloud.requests.list.filter(({ method, path }) => method === 'DELETE' && path.includes('/core/apppassword'));
    await workbench.command('Dossier: Delete Connection');
    await dossier.pick('Harbour');
    await workbench.dialog('Delete and Revoke Access');
    await dossier.tree('Harbour').first().waitFor({ state: 'detached' });
    expect(granted().map(({ status }) => status)).toEqual([200]);
  }, 60_000);

  it('asks about a certificate that nobody vouches for, by its fingerprint, and then trusts that one alone', async () => {
    const { certificate, url, user, password } = ownCertificate;
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Nextcloud');
    await dossier.pick('User name and app password');
    await dossier.answer(/Address of your Nextcloud/, url);
    await workbench.page.locator('.monaco-dialog-box').getByText(certificate!.fingerprint256).waitFor();
    await dossier.picture('certificate');
    await workbench.dialog('Accept for This Connection');
    await dossier.answer(/User name/, user);
    await dossier.answer(/App password/, password);
    await dossier.answer(/Folder that receives/, '/Field reports');
    await dossier.answer(/Name of the connection/, 'Own certificate');
    await dossier.tree('Own certificate').first().waitFor();
    await deliver('Over our own certificate', 'Own certificate (Nextcloud)');
    expect(
      ownCertificate.requests.list.filter(
        ({ method, path, status }) => method === 'PUT' && path.endsWith('/bridge.jpg') && status === 201,
      ),
    ).toHaveLength(1);
  }, 120_000);

  it('delivers to a WebDAV server that insists on Digest', async () => {
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('WebDAV');
    await dossier.pick('User name and password (Digest)');
    await dossier.answer(/Address of the WebDAV folder/, apache.url);
    await dossier.answer(/User name/, apache.user);
    await dossier.answer(/Password/, apache.password);
    await dossier.answer(/Folder that receives/, '/Field reports');
    await dossier.answer(/Name of the connection/, 'Archive');
    await dossier.tree('Archive').first().waitFor();
    await deliver('To the archive', 'Archive (WebDAV)');
    await dossier.picture('webdav');
    expect(
      (await readFile(join(apache.folder, 'Field reports', 'To the archive', 'bridge.jpg'))).equals(
        await readFile(media.photo),
      ),
    ).toBe(true);
  }, 120_000);

  async function deliver(title: string, connection: string): Promise<void> {
    await dossier.newReport(title, 'Seen from the north bank.');
    await dossier.page.getByLabel('Send to').selectOption(connection);
    await dossier.attach(media.photo);
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    await workbench.command('View: Close All Editors');
  }
});
