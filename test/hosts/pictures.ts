/**
 * `npm run pictures`: every example workflow as the real n8n shows it, into `docs/pictures/examples/`, and a page that
 * tells of all of them, `docs/examples.md`. `npm run pictures -- NAME.json…` takes those alone.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { packN8n } from '../../.config/buildN8n.ts';
import { step } from '../../.config/installing/step.mjs';
import { ensureChromium } from './chromium.ts';
import { runCommand } from './command.ts';
import { ensureDebian } from './debian.ts';
import { readExampleWorkflows } from './n8n/examples.ts';
import { type N8n, startN8n } from './n8n/n8n.ts';
import { signInTo } from './opening/n8nParts.ts';

const root = join(import.meta.dirname, '../..');
const pictures = join(root, 'docs/pictures/examples');
const examples = join(root, 'nodes/Dossier/examples');

async function signedIn(n8n: N8n, page: Page): Promise<void> {
  const { cookies } = await signInTo(n8n)();
  const named = cookies.map((line) => /^([^=]+)=([^;]*)/.exec(line) as unknown as [string, string, string]);
  await page.context().addCookies(named.map(([, name, value]) => ({ name, value, url: n8n.url })));
}

/** The canvas alone, without the buttons that lie on it. */
async function takePicture(n8n: N8n, page: Page, id: string, file: string): Promise<void> {
  await page.goto(`${n8n.url}/workflow/${id}`);
  await page.locator('.vue-flow__node').first().waitFor({ timeout: 60_000 });
  await page.addStyleTag({
    content:
      '[data-test-id="canvas-controls"], [data-test-id="node-creator-plus-button"], .vue-flow__panel, [class*="executionButtons"], [class*="nodeButtonsWrapper"] { visibility: hidden !important }',
  });
  await page.keyboard.press('1');
  // The canvas slides to its place.
  await page.waitForTimeout(1_500);
  await page.locator('.vue-flow').screenshot({ path: file });
  await runCommand('convert', [file, '-strip', '-colors', '64', `png8:${file}`]);
}

async function writePage(): Promise<void> {
  const parts = ['# Examples', ''];
  parts.push(
    'Each ships in the package, in `dist/nodes/Dossier/examples/`: import it with **Import from File**. The tests run each of them in a real n8n; `npm run pictures` takes these pictures there.',
    '',
  );
  for (const file of (await readdir(examples)).sort()) {
    const { name, nodes } = JSON.parse(await readFile(join(examples, file), 'utf8')) as {
      name: string;
      nodes: { type: string; parameters: { content?: string } }[];
    };
    const note = nodes.find(({ type }) => type === 'n8n-nodes-base.stickyNote')?.parameters.content ?? '';
    parts.push(`## ${name}`, '', note.replace(/^## .*\n/, '').trim(), '');
    parts.push(`![${name}](pictures/examples/${file.replace('.json', '.png')})`, '');
    parts.push(`[${file}](../nodes/Dossier/examples/${file})`, '');
  }
  await writeFile(join(root, 'docs/examples.md'), `${parts.join('\n').trim()}\n`);
}

await ensureDebian(['imagemagick']);
await mkdir(pictures, { recursive: true });
await mkdir(join(root, 'build'), { recursive: true });
const workflows = await readExampleWorkflows();
const tarball = await step('Packing', () => packN8n(join(root, 'build')));
await using running = new AsyncDisposableStack();
const n8n = running.adopt(await step('Starting n8n', () => startN8n({ nodePackage: { tarball }, workflows })), (it) =>
  it.stop(),
);
const browser = running.adopt(
  await chromium.launch({ executablePath: await ensureChromium(), args: ['--no-sandbox'] }),
  (it) => it.close(),
);
const page = await browser.newPage({ viewport: { width: 1400, height: 720 } });
await signedIn(n8n, page);
const wanted = process.argv.slice(2);
for (const file of (await readdir(examples)).sort()) {
  if (wanted.length > 0 && !wanted.includes(file)) continue;
  const { id } = JSON.parse(await readFile(join(examples, file), 'utf8')) as { id: string };
  await step(file, () => takePicture(n8n, page, id, join(pictures, file.replace('.json', '.png'))));
}
await writePage();
