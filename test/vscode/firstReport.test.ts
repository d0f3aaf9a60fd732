import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type CodeServer, startCodeServer } from '../hosts/code-server/codeServer.ts';
import { openWorkbench, type Workbench } from '../hosts/code-server/workbench.ts';
import { countInteractions, firstReport } from '../interactions.ts';
import { type Dossier, openDossier } from './dossier.ts';
import { packedExtension } from './packed.ts';

let folder: string;
let server: CodeServer;
let workbench: Workbench;
let dossier: Dossier;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-first-'));
  await mkdir(join(folder, 'delivered'));
  await writeFile(join(folder, 'photo.jpg'), 'a photo, of sorts');
  // As it is after installing: no setting is changed, the question before submitting included.
  server = await startCodeServer({ folder, vsix: [await packedExtension()] });
}, 240_000);

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await dossier?.picture(`failed ${task.name}`);
});

afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('the first report arrives within 90 seconds and 12 interactions of an empty profile', async () => {
  const began = Date.now();
  const hands = countInteractions();
  workbench = await openWorkbench(server);
  dossier = await hands.do('Dossier in the activity bar', () => openDossier(workbench));
  const { page } = workbench;
  const view = page.locator('.pane-body').getByRole('button');
  await hands.do('Add Connection', () => view.filter({ hasText: 'Add Connection' }).first().click());
  await hands.do('Folder on this computer', () => dossier.pick('Folder on this computer'));
  await hands.do('which folder', () => dossier.choosePath(`${join(folder, 'delivered')}/`, 'Use This Folder'));
  await hands.do('its name', () => dossier.answer(/Name of the connection/));
  await hands.do('New Report', () => view.filter({ hasText: 'New Report' }).first().click());
  await hands.do('title', () => dossier.page.getByLabel('Title').fill('Water at the mill'));
  await hands.do('description', () => dossier.page.getByLabel('Description').fill('It has reached the second step.'));
  await hands.do('Attach files', () => dossier.press('Attach files'));
  await hands.do('which file', () => dossier.choosePath(join(folder, 'photo.jpg'), 'Attach'));
  await dossier.page.getByRole('button', { name: 'photo.jpg', exact: true }).waitFor();
  await hands.do('Submit', () => dossier.press('Submit'));
  await hands.do('confirm', () => workbench.dialog('Submit'));
  await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });

  const took = Date.now() - began;
  console.log(`first report in VS Code: ${hands.done.length} interactions, ${(took / 1000).toFixed(1)} s`);
  expect(await readFile(join(folder, 'delivered/Water at the mill/photo.jpg'), 'utf8')).toBe('a photo, of sorts');
  expect(hands.done.length).toBeLessThanOrEqual(firstReport.interactions);
  expect(took).toBeLessThanOrEqual(firstReport.milliseconds);
}, 240_000);
