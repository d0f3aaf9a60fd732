import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from '../hosts/code-server/workbench.ts';
import { runCommand } from '../hosts/command.ts';
import { ensureDebian } from '../hosts/debian.ts';
import type { Dossier } from './dossier.ts';
import { type Editor, explainFailure, openEditor } from './editor.ts';
import { type Media, makeMedia } from './media.ts';

const canary = 'CANARY';

describe('what attached files say of themselves', () => {
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
    await ensureDebian(['libimage-exiftool-perl']);
    const place = ['-GPSLatitude=51.4779', '-GPSLatitudeRef=N', '-GPSLongitude=0.0015', '-GPSLongitudeRef=W'];
    const told = [
      '-Make=Example Works',
      `-Model=${canary} 9`,
      '-DateTimeOriginal=2026:05:01 12:33:10',
      '-Orientation=6',
    ];
    await runCommand('exiftool', ['-q', '-n', '-overwrite_original', ...place, ...told, media.photo]);
    await runCommand('exiftool', [
      '-q',
      '-n',
      '-overwrite_original',
      '-Keys:GPSCoordinates=51.4779 -0.0015 10',
      `-Keys:Model=${canary}`,
      media.video,
    ]);
    await writeFile(join(workspace, 'letter.pdf'), '%PDF-1.7 letter');
    ({ workbench, dossier } = editor = await openEditor({ folder: workspace }));
    await dossier.addFolder(destination);
  }, 240_000);

  afterEach((context) => explainFailure(context, editor));

  afterAll(async () => {
    await editor?.close();
    await rm(workspace, { recursive: true, force: true });
  });

  const dialog = () => workbench.page.locator('.monaco-dialog-box');
  const arrived = async () => {
    const page = workbench.webview('dossier.dossier');
    await page.getByText(/^Everything arrived/).waitFor({ timeout: 60_000 });
  };

  it('is shown beside them, with a warning of places, and is not sent when a copy is chosen', async () => {
    await dossier.newReport('Flood at the mill');
    await dossier.attach(media.photo, media.video);
    await dossier.page.getByText('Taken 2026-05-01 12:33:10 · Example Works CANARY 9').waitFor();
    expect(await dossier.page.getByText('Place: 51.4779, -0.0015').count()).toBe(2);
    await dossier.page.getByText(/^2 attached files say where they were taken/).waitFor();
    await dossier.picture('metadata in a draft');

    await dossier.page.getByRole('checkbox', { name: 'Send without metadata: bridge.jpg' }).check();
    await dossier.page.getByText(/^Not sent: Taken 2026-05-01/).waitFor();
    await dossier.page.getByText(/^One attached file says where it was taken/).waitFor();
    await dossier.picture('metadata left out of one file');

    await dossier.press('Submit');
    await dialog()
      .getByText(/51\.4779, -0\.0015/)
      .waitFor();
    await dossier.picture('warning of a place');
    await workbench.dialog('Send Without Metadata');
    await arrived();
    await dossier.picture('sent without metadata');

    const folder = join(destination, 'Flood at the mill');
    const manifest = JSON.parse(await readFile(join(folder, 'dossier.json'), 'utf8'));
    for (const { name, derivedFrom } of manifest.files.slice(1)) {
      expect((await readFile(join(folder, name))).includes(canary)).toBe(false);
      expect(derivedFrom).toMatchObject({ change: 'metadata-removed' });
    }
    // The originals are as they were.
    for (const original of [media.photo, media.video]) expect((await readFile(original)).includes(canary)).toBe(true);
  }, 240_000);

  it('stays away by a setting of the connection; what cannot go so is said, and goes only when that is chosen', async () => {
    await workbench.command('Dossier: Edit Connection…');
    await dossier.pick('delivered');
    await dossier.pick('Send attached files without metadata');
    await workbench.page.keyboard.press('Escape');
    await dossier.newReport('Second flood');
    await dossier.attach(media.photo, join(workspace, 'letter.pdf'));
    await dossier.press('Submit');
    await dialog()
      .getByText(/"letter\.pdf" cannot be sent without metadata/)
      .waitFor();
    await dossier.picture('a file that cannot go without metadata');
    await workbench.dialog('Cancel');
    await dossier.press('Submit');
    await workbench.dialog('Send As They Are');
    await arrived();
    const folder = join(destination, 'Second flood');
    expect((await readFile(join(folder, 'bridge.jpg'))).includes(canary)).toBe(false);
    expect(await readFile(join(folder, 'letter.pdf'), 'utf8')).toBe('%PDF-1.7 letter');
  }, 240_000);
});
