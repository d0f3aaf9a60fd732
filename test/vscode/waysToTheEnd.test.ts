import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKey, openWorkspace, parseKey, parsePath } from '../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { type QuirkyWebdav, startQuirkyWebdav } from '../emulators/webdav/quirks.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { openDropbox } from '../support/dropbox.ts';
import { seededBytes } from '../support/seeded.ts';
import { createVirtualClock } from '../support/virtualClock.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

const key = createKey();

describe('ways that are walked to their end', () => {
  let workspace: string;
  let notes: string;
  let dropbox: DropboxEmulator;
  let nextcloud: NextcloudEmulator;
  let webdav: QuirkyWebdav;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    notes = join(workspace, 'notes.md');
    await writeFile(notes, 'as it was attached\n');
    await mkdir(join(workspace, 'cabinet'));
    [dropbox, nextcloud, webdav] = await Promise.all([
      startDropboxEmulator(),
      startNextcloudEmulator(),
      startQuirkyWebdav(),
    ]);
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: { 'dossier.dropbox.endpoint': dropbox.url },
    }));
    await workbench.command('Dossier: Enter Dossier Key…');
    await dossier.answer(/Enter Dossier Key/, key);
  }, 240_000);

  afterEach(async (context) => {
    await explainFailure(context, editor);
    await workbench.command('View: Close All Editors');
  });

  afterAll(async () => {
    await editor?.close();
    await Promise.all([dropbox?.close(), nextcloud?.close(), webdav?.close()]);
    await rm(workspace, { recursive: true, force: true });
  });

  const whole = () => dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
  const submit = async (title: string, connection: string) => {
    await dossier.newReport(title, 'Seen from the north bank.');
    await dossier.page.getByLabel('Send to').selectOption(connection);
    await dossier.press('Submit');
    await whole();
  };

  it('a permission that is missing is told before the first byte, and the sign-in asks for it', async () => {
    // Somebody, for example n8n, keeps records in the folder: what is submitted is recorded there.
    const shared = await openWorkspace({
      drive: openDropbox(dropbox),
      folder: parsePath('/Field'),
      key: parseKey(key),
      clock: createVirtualClock({ auto: true }),
      random: (length) => seededBytes(length, 'shared'),
    });
    await shared.ledger.begin();
    await shared.close();
    const signIn = () => dossier.signInToDropbox(dropbox.appKey);
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Dropbox');
    await signIn();
    await dossier.answer(/Folder that receives/, '/Field');
    await dossier.answer(/Name of the connection/, 'Delivers');
    await dossier.tree('Delivers').first().waitFor();
    const before = dropbox.files.list().length;

    await dossier.newReport('Weir', 'Seen from the north bank.');
    await dossier.page.getByLabel('Send to').selectOption('Delivers (Dropbox)');
    await dossier.press('Submit');
    await dossier.page.getByText(/does not include the permission files\.content\.read/).waitFor({ timeout: 30_000 });
    await dossier.picture('permission missing');
    expect(dropbox.files.list()).toHaveLength(before);

    await dossier.press('Give Permission');
    await workbench.page.locator('.monaco-dialog-box').getByText('may not read what it keeps').waitFor();
    await workbench.dialog('Sign In Again');
    await signIn();
    await dossier.answer(/Folder that receives/);
    await dossier.press('Resume');
    await whole();
    expect(dropbox.files.entry('/Field/Weir/dossier.sigstore.json')).toBeDefined();
  }, 180_000);

  it.each([
    ['the new version', 'Send the New Version', 'as it is now\n'],
    ['the version that was attached', 'Send the Version I Attached', 'as it was attached\n'],
  ])(
    'a file that changes while its report is in the Outbox is sent in %s',
    async (what, button, content) => {
      await writeFile(notes, 'as it was attached\n');
      if ((await dossier.tree('Cabinet').count()) === 0) await dossier.addFolder(join(workspace, 'cabinet'), 'Cabinet');
      const title = `Later in ${what}`;
      await dossier.newReport(title, 'Not yet.');
      await dossier.page.getByLabel('Send to').selectOption('Cabinet (Folder on this computer)');
      await dossier.attach(notes);
      await dossier.press('Submit later');
      await dossier.page.getByText('Waiting in the Outbox').first().waitFor();
      await writeFile(notes, 'as it is now\n');
      await dossier.press('Submit');
      await dossier.page
        .getByText(/\(source-changed\)/)
        .first()
        .waitFor({ timeout: 30_000 });
      await dossier.picture(`changed in the outbox, ${what}`);
      await dossier.press(button);
      await whole();
      expect(await readFile(join(workspace, 'cabinet', title, 'notes.md'), 'utf8')).toBe(content);
    },
    90_000,
  );

  it('a file that is dropped by its address on the other side of the window is read there, and no other is', async () => {
    await dossier.newReport('Dropped');
    const drop = (address: string) =>
      dossier.page.locator('body').evaluate((body, dropped) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData('text/uri-list', dropped);
        body.dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer }));
      }, address);
    const { host } = new URL(editor.server.url);
    await drop(`vscode-remote://${host}${notes}`);
    await dossier.page.getByRole('button', { name: basename(notes), exact: true }).waitFor();
    // On this computer there is a file of that path, and it is not what was dropped.
    await drop(`other-program://elsewhere${notes}`);
    await dossier.page.getByText(/cannot be reached at other-program:\/\/elsewhere now/).waitFor();
    expect(await dossier.page.getByRole('button', { name: basename(notes), exact: true }).count()).toBe(1);
    await dossier.save();
  }, 60_000);

  it('the folder of a delivered report opens on the page of Nextcloud', async () => {
    await dossier.addNextcloud(nextcloud, '/Field', 'Harbour');
    await submit('On Nextcloud', 'Harbour (Nextcloud)');
    const page = await dossier.browserPage(() => dossier.press('Open folder'));
    expect(page.url()).toMatch(/\/index\.php\/apps\/files\/files\/\d+/);
    await page.close();
    expect(await dossier.page.getByRole('alert').count()).toBe(0);
  }, 90_000);

  it('the folder of a report on a WebDAV server is shown among the remote folders', async () => {
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('WebDAV');
    await dossier.pick('User name and password');
    await dossier.answer(/Address of the WebDAV folder/, webdav.url);
    await dossier.answer(/User name/, 'anna');
    await dossier.answer(/Password/, 'any');
    await dossier.answer(/Folder that receives/, '/Field');
    await dossier.answer(/Name of the connection/, 'Archive');
    await dossier.tree('Archive').first().waitFor();
    await submit('On WebDAV', 'Archive (WebDAV)');
    await dossier.press('Open folder');
    const remote = workbench.page.locator('.pane').filter({ hasText: 'Linked Folders' });
    await remote.locator('.monaco-list-row').filter({ hasText: 'On WebDAV' }).first().waitFor({ timeout: 30_000 });
    expect(await dossier.page.getByRole('alert').count()).toBe(0);
  }, 90_000);

  it('the folder of a report on this computer opens in a window of its own, where there is no file manager', async () => {
    await submit('On this computer', 'Cabinet (Folder on this computer)');
    expect(await readdir(join(workspace, 'cabinet', 'On this computer'))).toContain('dossier.json');
    const opened = workbench.context.waitForEvent('page');
    await dossier.press('Open folder');
    const page = await opened;
    expect(decodeURIComponent(page.url())).toContain('/cabinet/On this computer');
    await page.close();
    expect(await dossier.page.getByRole('alert').count()).toBe(0);
  }, 90_000);
});
