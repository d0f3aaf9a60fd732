import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../shared/index.ts';
import { openWorkbench, type Workbench } from '../hosts/code-server/workbench.ts';
import { type Dossier, openDossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

const canary = {
  title: 'Kanarienvogel-Titel',
  description: 'Kanarienvogel-Beschreibung',
  unsaved: 'Kanarienvogel-Nachtrag',
};

describe('the Dossier key', () => {
  let workspace: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;
  let key: string;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    await mkdir(join(workspace, 'delivered'));
    await writeFile(join(workspace, 'Kanarienvogel-Datei.txt'), 'Kanarienvogel-Inhalt');
    ({ workbench, dossier } = editor = await openEditor({
      folder: workspace,
      // The editor itself writes titles of tabs to the disk.
      settings: { 'dossier.titlesInTabs': false },
    }));
    await dossier.addFolder(join(workspace, 'delivered'));
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('keeps drafts, their attachments’ names and unsaved words out of sight on disk', async () => {
    await dossier.newReport(canary.title, canary.description);
    await dossier.attach(join(workspace, 'Kanarienvogel-Datei.txt'));
    await dossier.save();
    // A second after the last keystroke the extension writes what is not saved, and then the editor writes what it
    // needs to find that again. Saving removes both.
    const kept = async () => [
      await backups(editor.server.userDataDir, 'workspaceStorage'),
      await backups(editor.server.userDataDir, 'Backups'),
    ];
    await expect.poll(kept, { timeout: 15_000 }).toEqual([0, 0]);
    await dossier.reloadWouldBring('nothing');
    await dossier.page.getByLabel('Description').fill(`${canary.description}\n${canary.unsaved}`);
    await expect.poll(kept, { timeout: 15_000 }).toEqual([1, 1]);
    expect(await traces(editor.server.userDataDir, ['Kanarienvogel'])).toEqual([]);
  }, 60_000);

  it('brings unsaved words back after the window is gone', async () => {
    await dossier.reloadWouldBring('something');
    await workbench.page.reload();
    const page = workbench.webview('dossier.dossier');
    await expect.poll(() => page.getByLabel('Description').inputValue(), { timeout: 60_000 }).toContain(canary.unsaved);
    await dossier.save();
    await workbench.command('View: Close All Editors');
  }, 90_000);

  it('can be copied for safe keeping', async () => {
    await workbench.context.grantPermissions(['clipboard-read', 'clipboard-write'], {
      origin: new URL(editor.server.url).origin,
    });
    await workbench.command('Dossier: Copy Dossier Key…');
    await workbench.dialog('Copy Key');
    await expect
      .poll(() => workbench.page.evaluate('navigator.clipboard.readText()'))
      .toMatch(/^dossier-key-1[a-z2-7]{58}$/);
    key = String(await workbench.page.evaluate('navigator.clipboard.readText()'));
    expect(await traces(editor.server.userDataDir, [key])).toEqual([]);
  });

  it('locks the drafts where it is missing, makes no new one, and opens them when it is entered', async () => {
    // Another browser has the files of the server, and none of its secrets.
    const other = await openWorkbench(editor.server);
    try {
      const there = await openDossier(other);
      await other.page.getByText('encrypted with a Dossier key that this computer does not have').waitFor();
      await there.picture('locked');
      expect(await other.treeRow(canary.title).count()).toBe(0);
      await other.page.getByRole('button', { name: 'Enter Dossier Key' }).click();
      await there.answer(/Enter Dossier Key/, createKey());
      // Said in place: the right one can be entered at once.
      await other.page
        .locator('.quick-input-message.message-severity-error, .quick-input-message')
        .getByText(/key/)
        .waitFor();
      await other.quickInput(key);
      await other.treeRow(canary.title).waitFor();
    } finally {
      await other.close();
    }
  }, 120_000);
});

async function files(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The files in which the editor keeps what is not saved. */
async function backups(userDataDir: string, folder: string): Promise<number> {
  return (await files(join(userDataDir, 'User', folder))).filter((file) =>
    /dossier\.dossier|vscode-custom-editor/.test(file),
  ).length;
}

/** Files that hold one of these texts: plain, as UTF-16, or as base64 in any of its three alignments. */
async function traces(folder: string, texts: readonly string[]): Promise<string[]> {
  const needles = texts.flatMap((text) => [
    Buffer.from(text),
    Buffer.from(text, 'utf16le'),
    ...[0, 1, 2].map((shift) => aligned(text, shift)),
  ]);
  const found: string[] = [];
  for (const file of await files(folder)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    if (needles.some((needle) => bytes.includes(needle))) found.push(file.slice(folder.length));
  }
  return found;
}

function aligned(text: string, shift: number): Buffer {
  const encoded = Buffer.from('\0'.repeat(shift) + text)
    .toString('base64')
    .replace(/=+$/, '');
  // The first and the last letters also carry bits of what is around the text.
  return Buffer.from(encoded.slice(shift === 0 ? 0 : shift + 1, -1));
}
