import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildExtension, packageExtension } from './buildExtension.ts';
import { buildN8n } from './buildN8n.ts';

/** `npm run package`: the n8n tarball and the `.vsix` into `build/`. */
const root = join(import.meta.dirname, '..');
const build = join(root, 'build');
const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
};
const vsix = join(build, `dossier-${version}.vsix`);

await mkdir(build, { recursive: true });
await Promise.all([rm(vsix, { force: true }), rm(join(build, `${name}-${version}.tgz`), { force: true })]);
await Promise.all([buildN8n(), buildExtension()]);
await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--pack-destination', build], { cwd: root });
await packageExtension(vsix);
console.log(`build/${name}-${version}.tgz\nbuild/dossier-${version}.vsix`);
