import { execFile } from 'node:child_process';
import { cp, glob, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { buildPage } from './buildPage.ts';

const root = join(import.meta.dirname, '..');

/**
 * Bundles the n8n package into `dist/`: the core once, and every node and credential as a small file of its own that
 * n8n loads by its class name. What is left outside is `n8n-workflow` and `crypto`, the only modules that n8n's package
 * rules allow.
 */
export async function buildN8n(dist = join(root, 'dist')): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const entries = await files('{nodes,credentials}/**/*.{node,credentials}.ts');
  await Promise.all([
    build({
      ...platform,
      entryPoints: [join(root, 'shared/index.ts')],
      outfile: join(dist, 'shared/index.js'),
      define: { ...platform.define, DOSSIER_VERIFY_PAGE: JSON.stringify(await buildPage()) },
    }),
    build({ ...platform, entryPoints: entries, outbase: root, outdir: dist, plugins: [coreOutside] }),
  ]);
  // The repository is made of ES modules, n8n requires CommonJS.
  await writeFile(join(dist, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
  for (const file of await files('{nodes,credentials}/**/{*.svg,*.node.json,__schema__/**/*.json,examples/*.json}')) {
    const target = join(dist, relative(root, file));
    await mkdir(dirname(target), { recursive: true });
    await cp(file, target);
  }
}

/**
 * Builds the package and puts its tarball into `folder`; resolves with the tarball's path. Works on a copy, so that
 * tests which run side by side do not build over each other.
 */
export async function packN8n(folder: string): Promise<string> {
  const staged = await mkdtemp(join(tmpdir(), 'dossier-pack-'));
  try {
    await buildN8n(join(staged, 'dist'));
    for (const file of ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md'])
      await cp(join(root, file), join(staged, file));
    const { stdout } = await promisify(execFile)(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      { cwd: staged },
    );
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    return join(folder, filename);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

const local = (file: string) => join(import.meta.dirname, file);

const platform: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'neutral',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  conditions: ['browser', 'import'],
  inject: [local('n8nPlatform.ts')],
  define: {
    globalThis: 'platformGlobal',
    global: 'platformGlobal',
    process: 'platformProcess',
    console: 'platformConsole',
    setTimeout: 'platformDefer',
    fetch: 'platformFetch',
  },
  alias: {
    buffer: local('n8nBuffer.ts'),
    stream: local('n8nNothing.ts'),
    string_decoder: local('n8nStringDecoder.ts'),
  },
  external: ['n8n-workflow', 'crypto', 'node:crypto'],
  logLevel: 'warning',
};

/** Nodes ask for the core that lies beside them in `dist/` instead of each carrying a copy. */
const coreOutside: Plugin = {
  name: 'core-outside',
  setup({ onResolve }) {
    onResolve({ filter: /\/shared\/index\.ts$/ }, () => ({ path: '../../shared/index.js', external: true }));
  },
};

async function files(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(pattern, { cwd: root })) found.push(join(root, file));
  return found.sort();
}

if (import.meta.main) await buildN8n();
