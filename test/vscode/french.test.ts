import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

let workspace: string;
let editor: Editor;
let workbench: Workbench;
let dossier: Dossier;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
  ({ workbench, dossier } = editor = await openEditor({ folder: workspace, language: 'fr' }));
}, 240_000);

afterEach((context) => explainFailure(context, editor));

afterAll(async () => {
  await editor?.close();
  await rm(workspace, { recursive: true, force: true });
});

it('speaks French in views, commands, pages and errors', async () => {
  await workbench.page.getByRole('button', { name: 'Ajouter une connexion' }).first().waitFor();
  await workbench.command('Dossier: Nouveau rapport');
  await dossier.page.getByLabel('Titre').waitFor();
  expect(await dossier.page.getByLabel('Description').getAttribute('placeholder')).toBe(
    'Que s’est-il passé, où et quand ?',
  );
  expect(await dossier.page.getByRole('button').allInnerTexts()).toEqual([
    'Enregistrer le brouillon',
    'Soumettre plus tard',
    'Soumettre',
    'Ajouter une connexion…',
    'Joindre des fichiers',
  ]);
  await dossier.press('Soumettre');
  await dossier.page.getByRole('alert').getByText('Un rapport doit avoir un titre').waitFor();
  await dossier.picture('french');
}, 120_000);
