import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { runCommand } from '../hosts/command.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];

async function run(...command: string[]): Promise<void> {
  const [program = '', ...args] = [...asRoot, ...command];
  await runCommand(program, args);
}

describe('bad input gives one clear sentence with its code', () => {
  let workspace: string;
  let destination: string;
  let smallDisk: string;
  let dropbox: DropboxEmulator;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    [destination, smallDisk] = [join(workspace, 'delivered'), join(workspace, 'small')];
    await Promise.all([mkdir(destination), mkdir(smallDisk)]);
    await run('mount', '-t', 'tmpfs', '-o', 'size=256k,mode=777', 'none', smallDisk);
    dropbox = await startDropboxEmulator();
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      settings: { 'dossier.dropbox.endpoint': dropbox.url },
    }));
    await dossier.addFolder(destination);
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await dropbox?.close();
    await run('umount', smallDisk);
    await rm(workspace, { recursive: true, force: true });
  });

  const written = async (name: string, bytes: number) => {
    const file = join(workspace, name);
    await writeFile(file, Buffer.alloc(bytes, name));
    return file;
  };
  const closed = async () => workbench.command('View: Close All Editors');

  it('an empty title', async () => {
    await dossier.newReport('  ', 'Words without a title');
    await dossier.press('Submit');
    await dossier.page.getByRole('alert').getByText('A report needs a title').waitFor();
    expect(await readdir(destination)).toEqual([]);
    await dossier.picture('no title');
    await dossier.page.getByLabel('Title').press('Control+s');
    await workbench.notification(/A report needs a title.*\(invalid-input\)/).waitFor();
    await workbench.command('View: Revert and Close Editor');
  });

  it('an attachment that vanished', async () => {
    const file = await written('gone.txt', 1000);
    await dossier.newReport('Vanished', '');
    await dossier.attach(file);
    await rm(file);
    await dossier.press('Submit');
    await dossier.page
      .getByText(/"gone.txt" is not at its place any more.*\(source-missing\)/)
      .first()
      .waitFor();
    await dossier.page.getByRole('button', { name: 'Replace Attachment' }).waitFor();
    await dossier.picture('interrupted');
    const [folder] = await readdir(destination);
    expect(
      folder === undefined ? [] : (await readdir(join(destination, folder))).filter((name) => name === 'dossier.json'),
    ).toEqual([]);
    await closed();
  });

  it('a path with ..', async () => {
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Dropbox');
    await dossier.pick('Use an access token');
    await dossier.answer(/Access token/, dropbox.token);
    await dossier.answer(/Folder that receives/, '/reports/../../etc');
    await workbench.page
      .getByText(/"\.\." cannot be the name of a file or folder/)
      .first()
      .waitFor();
    await workbench.page.keyboard.press('Escape');
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  });

  it('a destination folder that exists already', async () => {
    await mkdir(join(destination, 'Twice'));
    await writeFile(join(destination, 'Twice', 'mine.txt'), 'not to be touched');
    await dossier.newReport('Twice', 'A second folder of this name');
    await dossier.press('Submit');
    await dossier.page.getByText(/proved to be complete: \/Twice 1$/).waitFor();
    expect(await readdir(join(destination, 'Twice'))).toEqual(['mine.txt']);
    await closed();
  });

  it('a wrong token', async () => {
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Dropbox');
    await dossier.pick('Use an access token');
    await dossier.answer(/Access token/, 'not-a-token');
    await workbench.page.locator('.quick-input-message').getByText('This is not accepted there').waitFor();
    await workbench.page.keyboard.press('Escape');
    expect(await workbench.treeRow('Dropbox').count()).toBe(0);
  });

  it('an unreachable server', async () => {
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('WebDAV');
    await dossier.pick('User name and password');
    await dossier.answer(/Address of the WebDAV/, 'http://127.0.0.1:9/dav');
    await dossier.answer(/User name/, 'mara');
    await dossier.answer(/Password/, 'secret');
    await dossier.answer(/Folder that receives/);
    await dossier.answer(/Name of the connection/);
    await workbench.notification(/Check the network connection and the server address\. \(offline\)/).waitFor();
    await workbench.command('Notifications: Clear All Notifications');
  });

  it('a full disk', async () => {
    await dossier.addFolder(smallDisk);
    await dossier.newReport('Too much', '');
    await dossier.page.getByLabel('Send to').selectOption('small (Folder on this computer)');
    await dossier.attach(await written('large.bin', 500_000));
    await dossier.press('Submit');
    await dossier.page
      .getByText(/The disk is full.*\(quota-exceeded\)/)
      .first()
      .waitFor();
    expect(
      (await readdir(smallDisk, { recursive: true })).filter(
        (name) => name.endsWith('dossier.json') || name.endsWith('large.bin'),
      ),
    ).toEqual([]);
    await dossier
      .tree(/^Outbox\s*1/)
      .first()
      .waitFor();
  });
});
