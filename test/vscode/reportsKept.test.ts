import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { type Media, makeMedia } from './media.ts';

describe('reports and their files are kept where the user wants them', () => {
  let folder: string;
  let media: Media;
  let dropbox: DropboxEmulator;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dossier-kept-'));
    media = await makeMedia();
    dropbox = await startDropboxEmulator();
    await mkdir(join(folder, 'workspace'));
    ({ workbench, dossier } = editor = await openEditor({
      folder: join(folder, 'workspace'),
      settings: { 'dossier.dropbox.endpoint': dropbox.url },
    }));
  }, 240_000);

  afterEach(async (context) => {
    await explainFailure(context, editor);
    await workbench.command('View: Close All Editors');
  });

  afterAll(async () => {
    await editor?.close();
    await dropbox?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('on a drive, for which a sign-in that only delivers asks for leave to read', async () => {
    const signIn = () => dossier.signInToDropbox(dropbox.appKey);
    await workbench.command('Dossier: Add Connection…');
    await dossier.pick('Dropbox');
    await signIn();
    await dossier.answer(/Folder that receives/, '/Field');
    await dossier.answer(/Name of the connection/, 'By browser');
    await dossier.tree('By browser').first().waitFor();

    await workbench.command('Dossier: Keep Reports on the Drive…');
    await dossier.pick('By browser');
    await workbench.dialog('Keep on the Drive');
    await workbench.page.locator('.monaco-dialog-box').getByText('may not read what it keeps').waitFor();
    await workbench.dialog('Sign In Again');
    await signIn();
    await dossier.answer(/Folder that receives/);
    await dossier.tree('Not reachable').waitFor({ state: 'detached', timeout: 60_000 });
    const kept = () =>
      dropbox.files
        .list()
        .map(({ path }) => path)
        .filter((path) => /^\/field\/\.dossier\/state\/log\/\d+\/\d+$/i.test(path))
        .join();
    const before = kept();
    expect(before).not.toBe('');
    await dossier.newReport('Ferry', 'Kept in a folder of its own.');
    await dossier.page.getByLabel('Title').press('Control+s');
    await expect.poll(kept, { timeout: 30_000 }).not.toBe(before);
    await dossier.tree('Ferry').first().waitFor();
  }, 180_000);

  it('in the vault, from where a copy is delivered when its original is gone', async () => {
    const destination = join(folder, 'delivered');
    await mkdir(destination);
    const original = join(folder, 'gone.jpg');
    await cp(media.photo, original);
    await dossier.addFolder(destination, 'Cabinet');
    await dossier.newReport('Gone', 'Its original does not wait.');
    await dossier.page.getByLabel('Send to').selectOption({ label: 'Cabinet (Folder on this computer)' });
    await dossier.attach(original);
    const copy = dossier.page.getByRole('button', { name: 'Copy into the vault: gone.jpg' });
    const uncopy = dossier.page.getByRole('button', { name: 'Use the original: gone.jpg' });
    await copy.click();
    await uncopy.click();
    await copy.click();
    await uncopy.waitFor();
    await rm(original);
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    expect((await readFile(join(destination, 'Gone', 'gone.jpg'))).equals(await readFile(media.photo))).toBe(true);
  }, 120_000);
});
