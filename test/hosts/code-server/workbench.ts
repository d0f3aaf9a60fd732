import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { ensureChromium } from '../chromium.ts';
import type { CodeServer } from './codeServer.ts';

const drawnMilliseconds = 60_000;
const paletteMilliseconds = 1_500;
const paletteLooks = 12;

/** A VS Code window as a user meets it: only what can be seen and typed. */
export interface Workbench {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Runs a command by its title from the command palette. */
  command(title: string): Promise<void>;
  /** Answers an input box, or the simple file dialog with an absolute path. */
  quickInput(text: string): Promise<void>;
  /** Chooses the row of a quick pick that has this label. */
  quickPick(label: string): Promise<void>;
  /** A toast that says this. */
  notification(text: string | RegExp): Locator;
  /** Presses a button of the modal dialog. */
  dialog(button: string): Promise<void>;
  /** Opens a view container from the activity bar. */
  openContainer(title: string): Promise<void>;
  /** A row of a tree by its label. */
  treeRow(label: string | RegExp): Locator;
  editorTab(title: string | RegExp): Locator;
  /** The page inside a webview; `extensionId` is `publisher.name`. */
  webview(extensionId: string): FrameLocator;
  /**
   * Whether the window would find this in its memory after a reload. In a browser it writes that down every few seconds
   * and not on leaving.
   */
  remembers(pattern: RegExp): Promise<boolean>;
  screenshot(file: string): Promise<void>;
  /** What can be read in the rows of lists and trees, in toasts and in dialogs, a line each. */
  words(): Promise<string[]>;
  close(): Promise<void>;
}

/** For the page: looks through all that the editor stores in the browser. */
const searchMemory = (pattern: RegExp) => `(async () => {
  const answer = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  for (const { name } of await indexedDB.databases()) {
    const database = await answer(indexedDB.open(name));
    try {
      for (const store of database.objectStoreNames) {
        const values = await answer(database.transaction(store).objectStore(store).getAll());
        if (values.some((value) => typeof value === 'string' && ${pattern}.test(value))) return true;
      }
    } finally { database.close(); }
  }
  return false;
})()`;

export async function openWorkbench(server: CodeServer): Promise<Workbench> {
  const browser = await chromium.launch({
    executablePath: await ensureChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto(server.url);
  await page.locator('div.monaco-workbench').waitFor({ timeout: drawnMilliseconds });
  await page.locator('.statusbar-item').first().waitFor({ timeout: drawnMilliseconds });

  const input = page.locator('.quick-input-widget').locator('input[type="text"], input[type="password"]');
  const answer = async (text: string) => {
    await input.waitFor();
    await input.fill(text);
  };
  // A window that has just been drawn may let a key go by.
  const openPalette = async () => {
    for (let press = 1; press < paletteLooks; press++) {
      await page.keyboard.press('F1');
      const isOpen = await input.waitFor({ timeout: paletteMilliseconds }).then(
        () => true,
        () => false,
      );
      if (isOpen) return;
    }
    await page.keyboard.press('F1');
  };
  // A row is labelled by its own label, and what is shown beside it follows after a comma.
  const quickRow = (label: string) =>
    page.locator(
      `.quick-input-list .monaco-list-row:is([aria-label=${JSON.stringify(label)}], [aria-label^=${JSON.stringify(`${label},`)}])`,
    );

  return {
    browser,
    context,
    page,
    // The palette lists what is registered when it opens: an extension that is still starting needs another look.
    command: async (title) => {
      for (let look = 1; ; look++) {
        await openPalette();
        await answer(`>${title}`);
        const isThere = await quickRow(title)
          .waitFor({ timeout: paletteMilliseconds })
          .then(
            () => true,
            () => false,
          );
        if (isThere) return quickRow(title).click();
        if (look === paletteLooks) throw new Error(`The command palette does not list "${title}".`);
        await page.keyboard.press('Escape');
        await input.waitFor({ state: 'hidden' });
      }
    },
    quickInput: async (text) => {
      await answer(text);
      await input.press('Enter');
    },
    quickPick: (label) => quickRow(label).click(),
    notification: (text) => page.locator('.notifications-toasts .notification-toast').filter({ hasText: text }),
    dialog: (button) => page.locator('.monaco-dialog-box').getByRole('button', { name: button, exact: true }).click(),
    openContainer: (title) => page.locator(`.activitybar .action-item a[aria-label^="${title}"]`).click(),
    treeRow: (label) => page.locator('.monaco-list-row[role="treeitem"]').filter({ hasText: label }),
    editorTab: (title) => page.locator('.tabs-container .tab').filter({ hasText: title }),
    webview: (extensionId) =>
      page.frameLocator(`iframe.webview.ready[src*="extensionId=${extensionId}"]`).frameLocator('#active-frame'),
    remembers: (pattern) => page.evaluate<boolean>(searchMemory(pattern)),
    words: async () => {
      const rows = await page
        .locator('.monaco-list-row')
        .evaluateAll((all) => all.map((row) => row.getAttribute('aria-label') ?? ''));
      const messages = await page
        .locator('.notification-list-item, .monaco-dialog-box, .quick-input-title, .quick-input-message')
        .allInnerTexts();
      return [...rows, ...messages].map((text) => text.replaceAll(/\s+/g, ' ').trim()).filter((text) => text !== '');
    },
    screenshot: async (file) => void (await page.screenshot({ path: file })),
    close: () => browser.close(),
  };
}
