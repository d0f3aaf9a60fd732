import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../support/timestampAuthority.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { chooseInMenu } from './menu.ts';

/** Looks for changes every three seconds. */
const scanMinutes = 0.05;
const photo = Buffer.from('A photo of the north bank, seen at six in the morning, with two cars under water.');

describe('linked folders', () => {
  let workspace: string;
  let dropbox: DropboxEmulator;
  let nextcloud: NextcloudEmulator;
  let authority: TimestampAuthority;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  const pane = () =>
    workbench.page
      .locator('.pane')
      .filter({ has: workbench.page.locator('.pane-header[aria-label^="Linked Folders"]') });
  const row = (label: string | RegExp): Locator =>
    pane().locator('.monaco-list-row[role="treeitem"]').filter({ hasText: label });
  /** The tree is drawn anew while it is used: a row is told until it has understood. */
  const open = async (label: string) => {
    const isOpen = async () => {
      const expanded = await row(label).first().getAttribute('aria-expanded', { timeout: 2000 });
      if (expanded === 'true') return;
      await row(label).first().locator('.monaco-tl-twistie').click({ timeout: 2000 });
      throw new Error(`"${label}" is not open yet.`);
    };
    await vi.waitFor(isOpen, { timeout: 20_000, interval: 1000 });
  };
  const tick = (label: string) => row(label).locator('.custom-view-tree-node-item-checkbox').click();
  const act = async (label: string, action: string) => {
    await row(label).hover();
    await row(label).getByRole('button', { name: action }).click();
  };
  const chooseIn = (label: string | RegExp, name: string) => chooseInMenu(workbench.page, row(label), name);
  /** Of more than three toasts within a second the editor shows three; its center has them all. */
  const said = async (text: string, then?: (notification: Locator) => Promise<void>) => {
    await workbench.command('Notifications: Show Notifications');
    const notification = workbench.page
      .locator('.notifications-center .notification-list-item')
      .filter({ hasText: text })
      .first();
    await notification.waitFor({ timeout: 60_000 });
    await then?.(notification);
    await workbench.command('Notifications: Clear All Notifications');
  };
  /** Presses the button of a notification that shows the page about a verdict. */
  const checked = (text: string) => async (notification: Locator) => {
    await notification.getByRole('button', { name: 'What Was Checked' }).click();
    await workbench.webview('vscode.markdown-language-features').getByText(text).waitFor();
  };
  const putToDropbox = (path: string, bytes: Buffer) => {
    const argument = JSON.stringify({ path, mode: 'overwrite' });
    return demandOk(
      fetch(`${dropbox.url}/2/files/upload`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${dropbox.token}`,
          'dropbox-api-arg': argument,
          'content-type': 'application/octet-stream',
        },
        body: new Uint8Array(bytes),
      }),
    );
  };
  const nextcloudRequest = (method: string, path: string, body?: Buffer) => {
    const authorization = `Basic ${Buffer.from(`${nextcloud.user}:${nextcloud.password}`).toString('base64')}`;
    return demandOk(
      fetch(`${nextcloud.filesUrl}${path}`, {
        method,
        headers: { authorization },
        ...(body ? { body: new Uint8Array(body) } : {}),
      }),
    );
  };

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    [dropbox, nextcloud, authority] = await Promise.all([
      startDropboxEmulator(),
      startNextcloudEmulator(),
      startTimestampAuthority(),
    ]);
    const certificates = await Promise.all(
      [authority.leafFile, authority.rootFile].map((file) => readFile(file, 'utf8')),
    );
    await writeFile(join(workspace, 'authority.pem'), certificates.join(''));
    dropbox.files.seed([
      { path: '/Photos/2026/flood.jpg', size: 5000 },
      { path: '/Photos/note.txt', size: 5 },
      { path: '/Elsewhere/other.txt', size: 100 },
    ]);
    await putToDropbox('/Photos/bank.jpg', photo);
    await nextcloudRequest('MKCOL', '/Evidence');
    await nextcloudRequest('PUT', '/Evidence/bank.jpg', photo);
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: {
        'dossier.dropbox.endpoint': dropbox.url,
        'dossier.linkedFolders.scanMinutes': scanMinutes,
        'dossier.timestamp.authority': authority.url,
        'dossier.timestamp.certificates': join(workspace, 'authority.pem'),
      },
    }));
    // Rows that are not on the screen are not on the page.
    await workbench.page.setViewportSize({ width: 1280, height: 1300 });
  }, 240_000);

  // What a failed try left open would take the keys of the next.
  beforeEach(async () => {
    for (let open = 0; open < 2; open++) await workbench.page.keyboard.press('Escape');
  });

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await Promise.all([dropbox?.close(), nextcloud?.close(), authority?.close()]);
    await rm(workspace, { recursive: true, force: true });
  });

  it('are ticked, previewed with what can be guessed, and recorded without a download', async () => {
    await dossier.addDropbox(dropbox.token, '/Dossier');
    await workbench.command('Dossier: Link Folders…');
    await open('Dropbox');
    await tick('Photos');
    await dossier.picture('links ticked');
    await workbench.command('Dossier: Apply Ticks');
    await dossier.pick('From the service');
    await dossier.pick('Public');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByText('2 that are shorter than a page').waitFor();
    await dossier.picture('links preview');
    await workbench.dialog('Link Publicly Anyway');
    await said('"Photos": 3 files looked at, 3 changes recorded.');
    await open('Photos');
    await row(/bank\.jpg.*version 1/).waitFor();
    await open('2026');
    await row(/flood\.jpg.*version 1/).waitFor();
    await dossier.picture('links recorded');
    expect(dropbox.requests.count('files/download')).toBe(0);
  }, 120_000);

  it('show a file that was changed elsewhere with its new version, and its history with receipts', async () => {
    await putToDropbox('/Photos/bank.jpg', Buffer.concat([photo, Buffer.from(' Third car.')]));
    await row(/bank\.jpg.*version 2/).waitFor({ timeout: 30_000 });
    dropbox.files.seed([{ path: '/Photos/2026/later/new.jpg', size: 900 }]);
    await open('later');
    await row(/new\.jpg.*version 1/).waitFor({ timeout: 30_000 });
    await act('bank.jpg', 'Show History');
    await workbench.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: 'Version 2: changed content' })
      .waitFor();
    await dossier.picture('links history');
    await dossier.pick('Version 1: recorded for the first time');
    await workbench.page
      .locator('.editor-instance')
      .getByText('application/vnd.dev.sigstore.bundle.v0.3+json')
      .waitFor();
    await dossier.picture('links receipt');
    await workbench.command('View: Close All Editors');
  }, 120_000);

  it('know the row that is pressed while the list is fetched anew', async () => {
    dropbox.faults.inject({ kind: 'status', status: 429, retryAfter: 5, route: 'files/list_folder' });
    await workbench.command('Dossier: Refresh Linked Folders');
    await expect.poll(() => dropbox.faults.pending.length).toBe(0);
    await act('bank.jpg', 'Verify');
    await said('Known: "bank.jpg" is exactly what was recorded');
  }, 90_000);

  it('know a copy under another name, and name the last good version where one byte differs', async () => {
    await putToDropbox('/Elsewhere/renamed.jpg', photo);
    await open('Elsewhere');
    await workbench.command('Dossier: Refresh Linked Folders');
    await act('renamed.jpg', 'Verify');
    await said('Known: "renamed.jpg" is exactly what was recorded', checked('Time-stamped receipt'));
    await workbench.command('View: Close All Editors');

    await act('Photos', 'Look Through Now');
    await said('"Photos": nothing has changed.');
    await chooseIn(/^Photos/, 'Unlink Folder…');
    await workbench.page.locator('.monaco-dialog-box').getByText('What was recorded stays').waitFor();
    await dossier.picture('links unlink');
    await workbench.dialog('Apply');
    await row(/bank\.jpg.*version/).waitFor({ state: 'detached' });

    const altered = Buffer.from(photo);
    altered[3]! ^= 1;
    await putToDropbox('/Photos/bank.jpg', altered);
    await act('bank.jpg', 'Verify');
    await said(
      'Changed: "bank.jpg" is not what is recorded of it. Its last good version is 2',
      checked('The last good version is 2'),
    );
    await dossier.picture('links changed');
    await workbench.command('View: Close All Editors');
  }, 120_000);

  it('go on where they stood when the window is reloaded in the middle of a first scan', async () => {
    // Three pages of a listing.
    dropbox.files.seed(Array.from({ length: 5000 }, (_, at) => ({ path: `/Archive/${at}.jpg`, size: 10_000 + at })));
    await workbench.command('Dossier: Refresh Linked Folders');
    await act('Dropbox', 'Link Folders…');
    await open('Dropbox');
    await tick('Archive');
    await workbench.command('Dossier: Apply Ticks');
    await dossier.pick('From the service');
    await dossier.pick('Private');
    await workbench.page.locator('.monaco-dialog-box').getByText('5000 files now').waitFor();
    dropbox.faults.inject({ kind: 'stall', route: 'files/list_folder/continue', nth: 2 });
    await workbench.dialog('Apply');
    await expect.poll(() => dropbox.faults.pending.length, { timeout: 120_000 }).toBe(0);
    await workbench.page.reload();
    // The third page, and nothing of what was recorded before.
    await expect
      .poll(() => editor.log(), { timeout: 120_000 })
      .toContainEqual(expect.stringContaining('{"files":1000,"recorded":1000}'));
    await open('Dropbox');
    await act('Archive', 'Look Through Now');
    await said('"Archive": nothing has changed.');
    await dossier.picture('links resumed');
  }, 360_000);

  it('of a service without hashes are read once; disconnecting ends them and takes the access back', async () => {
    await dossier.addNextcloud(nextcloud, '/Reports', 'Cloud');
    await row('Cloud').waitFor();
    await act('Cloud', 'Link Folders…');
    await open('Cloud');
    await tick('Evidence');
    await workbench.command('Dossier: Apply Ticks');
    await dossier.pick('Private');
    await workbench.dialog('Apply');
    await said('"Evidence": 1 file looked at, 1 change recorded.');
    await open('Evidence');
    await row(/bank\.jpg.*version 1/).waitFor();
    await nextcloudRequest(
      'PUT',
      '/Evidence/bank.jpg',
      Buffer.from('Something else, longer than sixty-four bytes, so that nobody can guess it at all.'),
    );
    await row(/bank\.jpg.*version 2/).waitFor({ timeout: 30_000 });
    await row(/bank\.jpg.*version 2/).hover();
    await row(/bank\.jpg.*version 2/)
      .getByRole('button', { name: 'Verify' })
      .click();
    await said('Known: "bank.jpg" is exactly what was recorded');
    await dossier.picture('links nextcloud');

    await chooseIn(/^Evidence/, 'Change How It Is Recorded…');
    await dossier.pick('Public');
    await workbench.page
      .locator('.monaco-dialog-box')
      .getByText('it is shown when the ledger is published next')
      .waitFor();
    await dossier.picture('links changed way');
    await workbench.page
      .locator('.monaco-dialog-box')
      .getByRole('button', { name: /^(Apply|Link Publicly Anyway)$/ })
      .click();
    await said('"Evidence": nothing has changed.');
    await row(/^Evidence\s*linked$/).waitFor();

    await chooseIn(/^Cloud/, 'Disconnect from the Ledger…');
    await workbench.page.locator('.monaco-dialog-box').getByText('These folders are unlinked').waitFor();
    await dossier.picture('links disconnect');
    await workbench.dialog('Unlink All and Revoke Access');
    await row(/\(unauthorized\)/).waitFor({ timeout: 30_000 });
    await dossier.picture('links disconnected');
  }, 120_000);
});

async function demandOk(asked: Promise<Response>): Promise<void> {
  const answer = await asked;
  if (!answer.ok) throw new Error(`The emulator refused: ${answer.status} ${await answer.text()}`);
}
