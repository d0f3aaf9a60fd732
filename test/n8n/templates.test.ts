import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { ensureChromium } from '../hosts/chromium.ts';
import { readExampleWorkflows } from '../hosts/n8n/examples.ts';
import { startN8n } from '../hosts/n8n/n8n.ts';
import { signInTo } from '../hosts/opening/n8nParts.ts';
import { startTemplateLibrary } from '../hosts/opening/templateLibrary.ts';

const build = join(import.meta.dirname, '../../build');
const pictures = join(build, 'pictures');

test('the examples are templates of the n8n that npm start opens: found, read, and begun from', async () => {
  await mkdir(pictures, { recursive: true });
  await using running = new AsyncDisposableStack();
  const workflows = await readExampleWorkflows();
  const library = running.adopt(await startTemplateLibrary(workflows), (it) => it.close());
  const tarball = await packN8n(build);
  const n8n = running.adopt(await startN8n({ nodePackage: { tarball }, env: library.env }), (it) => it.stop());
  const launched = chromium.launch({ executablePath: await ensureChromium(), args: ['--no-sandbox'] });
  const browser = running.adopt(await launched, (it) => it.close());
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const { cookies } = await signInTo(n8n)();
  const named = cookies.map((line) => /^([^=]+)=([^;]*)/.exec(line) as unknown as [string, string, string]);
  await page.context().addCookies(named.map(([, name, value]) => ({ name, value, url: n8n.url })));

  await page.goto(`${n8n.url}/templates/`);
  const [first] = workflows;
  await page.getByText(first!.name).first().waitFor({ timeout: 60_000 });
  for (const { name } of workflows) expect(await page.getByText(name).count(), name).toBeGreaterThan(0);
  await page.screenshot({ path: join(pictures, 'n8n templates.png') });
  await page.getByText(first!.name).first().click();
  const take = page.getByRole('button', { name: 'Try template' });
  await take.waitFor();
  await page.screenshot({ path: join(pictures, 'n8n template.png') });
  await take.click();
  // The page that asks for the credentials of the nodes; they can be chosen later as well.
  await page.getByText('Skip', { exact: true }).click();
  await page.waitForURL(/\/workflow/);
  await page.locator('.vue-flow__node').first().waitFor({ timeout: 60_000 });
  await page.screenshot({ path: join(pictures, 'n8n template used.png') });
}, 300_000);
