import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { vi } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';

/** Kept with the results of the tests: `build/` is what every run leaves behind. */
const pictures = join(import.meta.dirname, '../../build/pictures');

/** How somebody signs in to a server. */
interface Account {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Dossier as its user meets it in a VS Code window. */
export interface Dossier {
  readonly workbench: Workbench;
  /** The report that is open. */
  readonly page: FrameLocator;
  readonly tree: (label: string | RegExp) => Locator;
  /** Chooses the row that begins with this label. */
  pick(label: string): Promise<void>;
  /** Answers the question whose prompt says this. */
  answer(prompt: RegExp, text?: string): Promise<void>;
  /** Gives the file dialog an absolute path and presses its button. */
  choosePath(path: string, button: string): Promise<void>;
  /** Does something upon which the editor opens the browser, and gives the page that opens. */
  browserPage(act: () => Promise<void>): Promise<Page>;
  addFolder(folder: string, name?: string): Promise<void>;
  addDropbox(token: string, folder: string, name?: string): Promise<void>;
  /** With an app password. */
  addNextcloud(server: Account, folder: string, name: string): Promise<void>;
  /** On the page of the emulated Dropbox, from the question about the way to sign in on. */
  signInToDropbox(appKey: string): Promise<void>;
  newReport(title: string, description?: string): Promise<void>;
  attach(...files: readonly string[]): Promise<void>;
  press(button: string): Promise<void>;
  save(): Promise<void>;
  /** Waits until a reload of the window would bring back something that is typed and not saved, or nothing. */
  reloadWouldBring(what: 'something' | 'nothing'): Promise<void>;
  picture(name: string): Promise<void>;
}

export async function openDossier(workbench: Workbench): Promise<Dossier> {
  const { page: window } = workbench;
  const page = workbench.webview('dossier.dossier');
  const quick = window.locator('.quick-input-widget');
  const input = quick.locator('input[type="text"], input[type="password"]');

  const answer = async (title: RegExp, text?: string) => {
    await quick.filter({ hasText: title }).waitFor();
    if (text !== undefined) await input.fill(text);
    await input.press('Enter');
  };
  /** By keyboard: a resting mouse makes the description of one row cover the next. */
  const pick = async (label: string) => {
    await quick
      .locator(`.monaco-list-row[aria-label^=${JSON.stringify(label)}]`)
      .first()
      .waitFor();
    await input.fill(label);
    await input.press('Enter');
  };
  /**
   * The simple file dialog fills itself in late, and takes an answer only when it has looked the path up: it is told
   * until it has understood.
   */
  const choosePath = async (path: string, button: string) => {
    const accept = quick.getByRole('button', { name: button, exact: true });
    await accept.waitFor();
    const told = async () => {
      if (!(await accept.isVisible())) return;
      if ((await input.inputValue({ timeout: 500 }).catch(() => path)) !== path)
        await input.fill(path, { timeout: 500 }).catch(() => undefined);
      else await accept.click({ timeout: 500 }).catch(() => undefined);
      throw new Error(`The file dialog did not take "${path}".`);
    };
    await vi.waitFor(told, { timeout: 20_000, interval: 400 });
  };

  const browserPage = async (act: () => Promise<void>) => {
    const opened = workbench.context.waitForEvent('page');
    await act();
    const other = await opened;
    // code-server leads the browser to pages of its own machine through itself, which breaks their links; ours is on
    // that machine.
    const [, port, rest] = /\/proxy\/(\d+)(\/.*)$/.exec(other.url()) ?? [];
    if (port) await other.goto(`http://127.0.0.1:${port}${rest}`);
    return other;
  };

  await workbench.openContainer('Dossier');
  return {
    workbench,
    page,
    tree: (label) => workbench.treeRow(label),
    answer,
    choosePath,
    pick,
    browserPage,
    async addFolder(folder, name) {
      await workbench.command('Dossier: Add Connection…');
      await pick('Folder on this computer');
      await choosePath(`${folder}/`, 'Use This Folder');
      await answer(/Name of the connection/, name);
      await workbench
        .treeRow(name ?? basename(folder))
        .first()
        .waitFor();
    },
    async addDropbox(token, folder, name = 'Dropbox') {
      await workbench.command('Dossier: Add Connection…');
      await pick('Dropbox');
      await pick('Use an access token');
      await answer(/Access token/, token);
      await answer(/Folder that receives/, folder);
      await answer(/Name of the connection/, name);
      await workbench.treeRow(name).first().waitFor();
    },
    async addNextcloud({ url, user, password }, folder, name) {
      await workbench.command('Dossier: Add Connection…');
      await pick('Nextcloud');
      await pick('User name and app password');
      await answer(/Address of your Nextcloud/, url);
      await answer(/User name/, user);
      await answer(/App password/, password);
      await answer(/Folder that receives/, folder);
      await answer(/Name of the connection/, name);
      await workbench.treeRow(name).first().waitFor();
    },
    async signInToDropbox(appKey) {
      await pick('Sign in with the browser');
      await answer(/App key/, appKey);
      const other = await browserPage(() => answer(/App secret/, ''));
      await other.getByRole('button', { name: 'Allow' }).click();
      await other.getByText('You can close this page').waitFor();
      await other.close();
    },
    async newReport(title, description = '') {
      await workbench.command('Dossier: New Report');
      await page.getByLabel('Title').fill(title);
      await page.getByLabel('Description').fill(description);
    },
    async attach(...files) {
      for (const file of files) {
        await page.getByRole('button', { name: 'Attach files' }).click();
        await choosePath(file, 'Attach');
        await page.getByRole('button', { name: basename(file), exact: true }).waitFor();
      }
    },
    press: (button) => page.getByRole('button', { name: button, exact: true }).click(),
    async save() {
      await page.getByLabel('Title').press('Control+s');
      await page.getByText(/^Saved /).waitFor();
    },
    async reloadWouldBring(what) {
      await vi.waitUntil(async () => (await workbench.remembers(/backupId[\\":]+[a-z]/)) === (what === 'something'), {
        timeout: 60_000,
        interval: 500,
      });
    },
    async picture(name) {
      const file = join(pictures, `${name}.png`);
      await mkdir(dirname(file), { recursive: true });
      await workbench.screenshot(file);
    },
  };
}
