import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DropboxEmulator } from '../emulators/dropbox/index.ts';

/** Copies what the emulated Dropbox received as a report, to where it can be looked at; returns the folder. */
export async function saveReceivedReport(dropbox: DropboxEmulator, folder: string): Promise<string> {
  const entries = dropbox.files.list();
  const manifest = entries.find(({ kind, name }) => kind === 'file' && name === 'dossier.json');
  if (manifest === undefined) throw new Error('The emulated Dropbox received no report.');
  const report = dirname(manifest.display);
  const target = join(folder, basename(report));
  await mkdir(target, { recursive: true });
  for (const { kind, display, name } of entries) {
    if (kind === 'file' && dirname(display) === report)
      await writeFile(join(target, name), await dropbox.files.read(display));
  }
  return target;
}
