import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { type BuildOptions, build } from 'esbuild';
import { buildPage } from './buildPage.ts';
import { buildLateModules, late } from './lateModules.ts';

const extension = join(import.meta.dirname, '..', 'extension');
const dist = join(extension, 'dist');

/** A larger package means that something slipped in which is not needed. */
const maxPackageBytes = 1_200_000;

const common: BuildOptions = { bundle: true, minify: true, legalComments: 'none', logLevel: 'warning' };

export const inHost: BuildOptions = {
  ...common,
  platform: 'node',
  target: 'node22',
  // Only `require` hands out the module objects that VS Code has patched for proxies and certificates.
  format: 'cjs',
  external: ['vscode'],
  mainFields: ['module', 'main'],
};

/** Builds `extension/dist`: the extension itself, and the page of its report editor. */
export async function buildExtension(): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  // Read when it is published: the start of the editor does not carry it.
  await writeFile(join(dist, 'verify.html'), await buildPage());
  await Promise.all([
    build({
      ...inHost,
      entryPoints: [join(extension, 'src', 'extension.ts')],
      outfile: join(dist, 'extension.js'),
      plugins: [late],
      // The registered app of whoever builds; without one each connection names an app of its own.
      define: {
        DROPBOX_APP_KEY: JSON.stringify(process.env['DOSSIER_DROPBOX_APP_KEY'] ?? ''),
      },
    }),
    buildLateModules(dist, inHost),
    build({
      ...common,
      entryPoints: { webview: join(extension, 'webview', 'main.ts') },
      outdir: dist,
      platform: 'browser',
      target: 'chrome128',
      format: 'iife',
      conditions: ['production'],
    }),
    build({
      ...common,
      entryPoints: { webview: join(extension, 'webview', 'style.css') },
      outdir: dist,
      target: 'chrome128',
    }),
  ]);
}

const readme = 'dist/README.md';

/**
 * The editor shows pictures of a README only from the network or from the text itself, and the network is not always
 * there.
 */
async function readmeWithPictures(): Promise<string> {
  const text = await readFile(join(extension, 'README.md'), 'utf8');
  const names = [...text.matchAll(/\]\((media\/[\w-]+\.png)\)/g)].map(([, name]) => name as string);
  const pictures = await Promise.all(names.map((name) => readFile(join(extension, name), 'base64')));
  return names.reduce((all, name, at) => all.replace(`](${name})`, `](data:image/png;base64,${pictures[at]})`), text);
}

/** Packs what `buildExtension` made into an installable file. */
export async function packageExtension(outFile: string): Promise<void> {
  await writeFile(join(extension, readme), await readmeWithPictures());
  await createVSIX({
    cwd: extension,
    packagePath: outFile,
    dependencies: false,
    readmePath: readme,
    rewriteRelativeLinks: false,
  });
  const { size } = await stat(outFile);
  if (size > maxPackageBytes) throw new Error(`${outFile} has ${size} bytes; at most ${maxPackageBytes} are wanted.`);
}
