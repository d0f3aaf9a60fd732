import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../shared/index.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { seededBytes } from '../support/seeded.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';

const photo = seededBytes(3000, 'sidecar photo');
const byHash = `${sha256Hex(photo)}.gst`;

describe('sidecars in the editor', () => {
  let workspace: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-sidecars-'));
    await mkdir(join(workspace, 'delivered'));
    const evidence = ['gate.jpg.proof.csv', 'gate.jpg.asc', byHash, 'other.jpg', 'other.jpg.asc'];
    for (const name of evidence) await writeFile(join(workspace, name), name);
    await writeFile(join(workspace, 'gate.jpg'), photo);
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace }));
    await dossier.addFolder(join(workspace, 'delivered'));
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));
  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('are offered with the file that they belong to, shown behind it, and named in the manifest', async () => {
    await dossier.newReport('Gate');
    await dossier.page.getByRole('button', { name: 'Attach files' }).click();
    await dossier.choosePath(join(workspace, 'gate.jpg'), 'Attach');
    await workbench.page.locator('.monaco-dialog-box').getByText('3 files lie beside what you attach').waitFor();
    await dossier.picture('sidecars offered');
    await workbench.dialog('Attach Them Too');
    const rows = dossier.page.locator('section[aria-labelledby="attachments"] li');
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(4);
    await rows.nth(0).getByText('gate.jpg', { exact: true }).waitFor();
    await dossier.page.getByText('Evidence by ProofMode of gate.jpg').waitFor();
    await dossier.page.getByText('Signature of gate.jpg').waitFor();
    await dossier.picture('sidecars');
    await dossier.press('Submit');
    await dossier.page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    const manifest = JSON.parse(await readFile(join(workspace, 'delivered', 'Gate', 'dossier.json'), 'utf8')) as {
      files: { name: string; sidecar?: string; arrivedWith?: string }[];
    };
    const said = new Map(manifest.files.map(({ name, sidecar, arrivedWith }) => [name, [sidecar, arrivedWith]]));
    expect(said.get('gate.jpg')).toEqual([undefined, undefined]);
    expect(said.get('gate.jpg.proof.csv')).toEqual(['proofmode', 'gate.jpg']);
    expect(said.get('gate.jpg.asc')).toEqual(['signature', 'gate.jpg']);
    expect(said.get(byHash)).toEqual(['proofmode', undefined]);
    expect(said.has('other.jpg.asc')).toBe(false);
  }, 120_000);
});
