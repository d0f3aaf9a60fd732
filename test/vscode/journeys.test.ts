import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { chooseInMenu } from './menu.ts';

const long = { timeout: 20_000 };

describe('what a new user does', () => {
  let workspace: string;
  let notes: string;
  let dropbox: DropboxEmulator;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    notes = join(workspace, 'notes.md');
    await writeFile(notes, 'as it was attached\n');
    await mkdir(join(workspace, 'delivered'));
    dropbox = await startDropboxEmulator({ data: join(workspace, '.dropbox') });
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: { 'dossier.dropbox.endpoint': dropbox.url, 'dossier.confirmSubmit': true },
    }));
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await dropbox?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  const field = (name: string) => dossier.page.getByLabel(name, { exact: true });

  it('begins a report before there is a connection, writes at once, and is told beside the field what is missing', async () => {
    await workbench.command('Dossier: New Report');
    await dossier.page.locator('#title:focus').waitFor();
    await dossier.page.getByText('There is no connection yet').waitFor();
    await dossier.press('Submit');
    await dossier.page.locator('#title-refused').getByText('A report needs a title').waitFor();
    await dossier.page.locator('#connection-refused').getByText('Choose where to send this report').waitFor();
    await dossier.picture('new report without a connection');
    await field('Title').focus();
    await workbench.page.keyboard.type('Flood at the mill');
    await workbench.editorTab('Flood at the mill').waitFor();
    await expect.poll(() => dossier.page.locator('#title-refused').count(), long).toBe(0);
  }, 60_000);

  it('adds a connection from there; a wrong token is said in place, and nothing is lost', async () => {
    await dossier.press('Add Connection…');
    await dossier.pick('Dropbox');
    await dossier.pick('Use an access token');
    await dossier.answer(/Access token/, 'wrong');
    await workbench.page.locator('.quick-input-message').getByText('This is not accepted there').waitFor();
    await dossier.picture('wrong token');
    await workbench.quickInput(dropbox.token);
    await dossier.answer(/Folder that receives/, '/Dossier');
    await dossier.answer(/Name of the connection/, 'Dropbox');
    await dossier.tree('Dropbox').first().waitFor();
    await workbench.notification(/encrypted with a key that only this computer has/).waitFor();
    await dossier.picture('key advised');
    await workbench.command('Notifications: Clear All Notifications');
    // The open report goes there now.
    await expect.poll(() => dossier.page.locator('#connection option:checked').innerText(), long).toBe('Dropbox');
  }, 60_000);

  it('is warned of a file that is attached twice, and sees what has changed since', async () => {
    await field('Description').fill(
      '# What happened\n\nThe *mill* is flooded, see <script>alert(1)</script> [map](https://example.org).',
    );
    await dossier.attach(notes);
    await dossier.page.getByRole('button', { name: 'Attach files' }).click();
    await dossier.choosePath(notes, 'Attach');
    await workbench.page
      .locator('.monaco-dialog-box')
      .getByText('"notes.md" is attached to this report already.')
      .waitFor();
    await workbench.dialog('Cancel');
    expect(await dossier.page.getByRole('button', { name: 'notes.md', exact: true }).count()).toBe(1);
    await dossier.save();
    await writeFile(notes, 'as it was changed afterwards\n');
    await dossier.page.getByText('Changed since it was attached.').waitFor({ timeout: 30_000 });
    await dossier.picture('changed attachment');
    await dossier.page.getByRole('button', { name: 'Use the Version I Attached: notes.md' }).click();
    await dossier.page.getByText('copied into the vault').waitFor();
    await expect.poll(() => dossier.page.getByText('Changed since it was attached.').count(), long).toBe(0);
  }, 90_000);

  it('sees what will arrive before anything is sent, and opens the folder on the web page', async () => {
    await dossier.press('Submit');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByText('/Dossier/Flood at the mill').waitFor();
    await dossier.picture('what will arrive');
    expect(await dialog.innerText()).toMatch(/notes\.md – 19 bytes/);
    await workbench.dialog('Cancel');
    expect(dropbox.requests.count('files/create_folder_v2')).toBe(0);
    await dossier.press('Submit');
    await workbench.dialog('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    expect((await dropbox.files.read('/Dossier/Flood at the mill/notes.md')).toString()).toBe('as it was attached\n');
    // Markdown as it is meant to look, and nothing in it that runs.
    await dossier.page.getByRole('heading', { name: 'What happened' }).waitFor();
    expect(await dossier.page.locator('.markdown script').count()).toBe(0);
    expect(await dossier.page.locator('.markdown').innerText()).not.toContain('#');
    await dossier.picture('submitted to Dropbox');

    await dossier.press('Open folder');
    await dossier.pick('App folder');
    await dossier.answer(/Name of the app/, 'My Reports');
    const page = 'https://www.dropbox.com/home/Apps/My%20Reports/Dossier/Flood%20at%20the%20mill';
    await dialog.getByText(page, { exact: true }).waitFor();
    await workbench.dialog('Cancel');
    await dossier.page.getByText(/^Everything arrived/).waitFor();
    // Where the app's folder lies is asked once.
    await dossier.press('Open folder');
    await dialog.getByText(page, { exact: true }).waitFor();
    await workbench.dialog('Cancel');
    expect(await dossier.page.getByRole('alert').count()).toBe(0);
  }, 120_000);

  it('reads a remote file with one click, and cannot change it there', async () => {
    await workbench.command('View: Close All Editors');
    await workbench.command('Dossier: Refresh Linked Folders');
    const remote = workbench.page.locator('.pane').filter({ hasText: 'Linked Folders' });
    const row = (name: string) => remote.locator('.monaco-list-row').filter({ hasText: name }).first();
    for (const name of ['Dropbox', 'Dossier', 'Flood at the mill']) {
      await row(name).click();
      await workbench.page.keyboard.press('ArrowRight');
    }
    // A short pane draws only the rows that are in view.
    await row('description.txt').waitFor();
    await workbench.page.keyboard.press('End');
    await row('notes.md').click();
    await workbench.page.locator('.editor-instance').getByText('as it was attached').waitFor();
    await dossier.picture('remote file');
    expect(await readdir(workspace)).not.toContain('notes.md.part');
  }, 60_000);

  it('renames and deletes a draft with the keyboard', async () => {
    await workbench.command('Dossier: New Report');
    await field('Title').fill('Draft to rename');
    await dossier.save();
    await dossier.tree('Draft to rename').first().click();
    await workbench.page.keyboard.press('F2');
    await dossier.answer(/Title of the report/, 'Renamed draft');
    await dossier.tree('Renamed draft').first().waitFor();
    await dossier.tree('Renamed draft').first().click();
    await dossier
      .tree('Renamed draft')
      .first()
      .focus()
      .catch(() => undefined);
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog('Delete Report');
    await dossier.tree('Renamed draft').waitFor({ state: 'detached' });
  }, 60_000);

  it('adds a connection behind a proxy of its own, which the first sign-in uses already', async () => {
    const proxy = await startTunnel();
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Dropbox');
    await dossier.pick('Use an access token');
    await workbench.page
      .locator('.quick-input-widget')
      .getByRole('button', { name: 'Proxy of This Connection…' })
      .click();
    await dossier.pick('HTTP');
    await dossier.answer(/Address and port of the proxy/, `127.0.0.1:${proxy.port}`);
    await dossier.answer(/User name at the proxy/, '');
    await dossier.answer(/Access token/, dropbox.token);
    await dossier.answer(/Folder that receives/, '/Elsewhere');
    expect(proxy.tunnels).toContain(new URL(dropbox.url).host);
    await dossier.answer(/Name of the connection/, 'Through the proxy');
    await dossier.tree('Through the proxy').first().waitFor();
    await proxy.close();
  }, 60_000);

  it('begins a report at the row of a connection, and it goes there', async () => {
    const connections = workbench.page.locator('.pane').filter({ hasText: 'Connections' }).last();
    for (const name of ['Through the proxy', 'Dropbox']) {
      const row = connections.locator('.monaco-list-row').filter({ hasText: name }).first();
      await chooseInMenu(workbench.page, row, 'New Report');
      await expect.poll(() => dossier.page.locator('#connection option:checked').innerText(), long).toContain(name);
      await workbench.command('View: Close All Editors');
    }
  }, 60_000);

  it('finds everything of Dossier in one submenu of the explorer, and the open report among those to attach to', async () => {
    await workbench.command('Dossier: New Report');
    await field('Title').fill('Never saved');
    await workbench.page.keyboard.press('Control+Shift+E');
    await workbench.page
      .locator('.explorer-folders-view .monaco-list-row')
      .filter({ hasText: 'notes.md' })
      .click({ button: 'right' });
    await workbench.page.getByRole('menuitem', { name: 'Dossier' }).hover();
    await workbench.page.getByRole('menuitem', { name: 'Verify File…' }).waitFor();
    await dossier.picture('explorer menu');
    await workbench.page.getByRole('menuitem', { name: 'Attach to Report…' }).click();
    await dossier.pick('Never saved');
    await dossier.page.getByRole('button', { name: 'notes.md', exact: true }).waitFor();
  }, 60_000);
});

/** A proxy that leads anywhere, and tells where to. */
async function startTunnel() {
  const tunnels: string[] = [];
  const server = http.createServer();
  const sockets = new Set<net.Socket>();
  server.on('connect', ({ url = '' }: http.IncomingMessage, client: net.Socket) => {
    tunnels.push(url);
    const [host, port] = url.split(':');
    const target = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    tunnels,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
