import type { Locator, Page } from 'playwright-core';
import { vi } from 'vitest';

/** Opens the context menu of a row and takes an entry. A menu that has only just opened may let a click go by. */
export async function chooseInMenu(page: Page, row: Locator, name: string | RegExp): Promise<void> {
  const entry = page.getByRole('menuitem', { name });
  await row.click({ button: 'right' });
  await entry.waitFor();
  const chosen = async () => {
    if (!(await entry.isVisible())) return;
    await entry.click({ timeout: 1000 }).catch(() => undefined);
    throw new Error(`The menu did not take "${String(name)}".`);
  };
  await vi.waitFor(chosen, { timeout: 20_000, interval: 500 });
}
