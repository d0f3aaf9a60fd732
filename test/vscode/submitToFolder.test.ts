import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliveredNames } from '../deliveredNames.ts';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { type Media, makeMedia } from './media.ts';

const description = 'Water over the road since 6 am.\nTwo cars stranded – nobody hurt.';

describe('a report for a folder on this computer', () => {
  let workspace: string;
  let destination: string;
  let editor: Editor;
  let workbench: Workbench;
  let dossier: Dossier;
  let media: Media;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'dossier-workspace-'));
    destination = join(workspace, 'delivered');
    await mkdir(destination);
    media = await makeMedia();
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace }));
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  it('is written, attached to, saved, kept over a reload and submitted, byte for byte', async () => {
    await dossier.addFolder(destination);
    await dossier.newReport('Flood at the mill: bridge closed', description);
    await dossier.attach(media.photo, media.video);
    await dossier.save();
    await dossier.tree('Drafts').waitFor();
    await dossier.picture('draft');

    await workbench.page.reload();
    const page = workbench.webview('dossier.dossier');
    await expect
      .poll(() => page.getByLabel('Title').inputValue(), { timeout: 60_000 })
      .toBe('Flood at the mill: bridge closed');
    expect(await page.getByLabel('Description').inputValue()).toBe(description);

    await dossier.press('Submit');
    await page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
    await dossier.picture('submitted');

    const folder = join(destination, 'Flood at the mill bridge closed');
    expect((await readdir(destination)).filter((name) => !name.startsWith('.'))).toEqual([basename(folder)]);
    expect((await readdir(folder)).sort()).toEqual(
      deliveredNames(['bridge.jpg', basename(media.video)], 'dossier.sigstore.json'),
    );
    expect(await readFile(join(folder, 'description.txt'), 'utf8')).toBe(description);
    for (const original of [media.photo, media.video]) {
      expect(sha256(await readFile(join(folder, basename(original))))).toBe(sha256(await readFile(original)));
    }

    const manifest = JSON.parse(await readFile(join(folder, 'dossier.json'), 'utf8'));
    expect(manifest).toMatchObject({ dossier: 1, title: 'Flood at the mill: bridge closed' });
    expect(manifest.files.map((file: { name: string }) => file.name)).toEqual([
      'description.txt',
      'bridge.jpg',
      basename(media.video),
    ]);
    for (const { name, size, sha256: digest } of manifest.files) {
      const bytes = await readFile(join(folder, name));
      expect({ name, size: bytes.length, digest: sha256(bytes) }).toEqual({ name, size, digest });
    }
  }, 240_000);

  it('can be read and no longer edited once it is submitted', async () => {
    const page = workbench.webview('dossier.dossier');
    expect(await page.getByLabel('Title').isEditable()).toBe(false);
    expect(await page.getByText('Proved by reading it back').count()).toBe(2);
    expect(await page.getByRole('button', { name: 'Attach files' }).count()).toBe(0);
    await dossier.tree(/^Submitted\s*1/).waitFor();
  });
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
