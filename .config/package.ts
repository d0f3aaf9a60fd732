import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buildExtension, packageExtension } from './buildExtension.ts';
import { packN8n, type Variant } from './buildN8n.ts';

/**
 * `npm run package`: the n8n tarball and the `.vsix` into `build/`. `npm run package -- dropbox`: the n8n tarball that
 * connects Dropbox alone.
 */
const root = join(import.meta.dirname, '..');
const build = join(root, 'build');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
const variant: Variant = process.argv.includes('dropbox') ? 'dropbox' : 'whole';

await mkdir(build, { recursive: true });
const made = [await packN8n(build, variant)];
if (variant === 'whole') {
  const vsix = join(build, `dossier-${version}.vsix`);
  await rm(vsix, { force: true });
  await buildExtension();
  await packageExtension(vsix);
  made.push(vsix);
}
for (const file of made) console.log(relative(root, file));
