import { execFile } from 'node:child_process';
import { cp, glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { buildPage } from './buildPage.ts';
import { packedReadme } from './packedReadme.ts';

const root = join(import.meta.dirname, '..');

/** Every connection in one package; or Dropbox alone, for n8n verifies packages that connect one service. */
export type Variant = 'whole' | 'dropbox';

const names: Readonly<Record<Variant, string>> = {
  whole: 'n8n-nodes-dossier',
  dropbox: 'n8n-nodes-dossier-dropbox',
};

/**
 * Bundles the n8n package into `dist/`: the core once, and every node and credential as a small file of its own that
 * n8n loads by its class name. What is left outside is `n8n-workflow` and `crypto`, the only modules that n8n's package
 * rules allow.
 */
export async function buildN8n(dist = join(root, 'dist'), variant: Variant = 'whole'): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const shipped = await files('{nodes,credentials}/**/*.{node,credentials}.ts');
  const entries = variant === 'whole' ? shipped : shipped.filter(belongsToDropbox);
  await Promise.all([
    build({
      ...platform,
      entryPoints: [join(root, 'shared/index.ts')],
      outfile: join(dist, 'shared/index.js'),
      define: { ...platform.define, DOSSIER_VERIFY_PAGE: JSON.stringify(await buildPage()) },
    }),
    build({
      ...platform,
      entryPoints: entries,
      outbase: root,
      outdir: dist,
      plugins: variant === 'whole' ? [coreOutside] : [coreOutside, narrowed],
    }),
  ]);
  // The repository is made of ES modules, n8n requires CommonJS.
  await writeFile(join(dist, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
  for (const file of await files('{nodes,credentials}/**/{*.svg,*.node.json,__schema__/**/*.json,examples/*.json}')) {
    const text = await readFile(file, 'utf8');
    if (
      variant === 'dropbox' &&
      basename(dirname(file)) === 'examples' &&
      /"dossier(?:Nextcloud|Webdav)Api"/.test(text)
    )
      continue;
    const target = join(dist, relative(root, file));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text.replaceAll('"n8n-nodes-dossier.', `"${names[variant]}.`));
  }
}

/** A package that is new has no workflows with former names of its trigger. */
const formerNames = /Dossier(?:Dropbox|Folder)Trigger/;
const belongsToDropbox = (file: string): boolean =>
  file.endsWith('.credentials.ts') ? /Dropbox|Key/.test(file) : !formerNames.test(file);

const whole = '?whole';

/** Each node is a narrower one of the same name. */
const narrowed: Plugin = {
  name: 'dropbox-alone',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\?whole$/ }, ({ path }) => ({ path: path.slice(0, -whole.length), suffix: whole }));
    onLoad({ filter: /\.node\.ts$/ }, ({ path, suffix }) => {
      if (suffix === whole) return undefined;
      const name = basename(path, '.node.ts');
      const contents = `import { ${name} as Whole } from ${JSON.stringify(path + whole)};
import { onlyDropbox } from ${JSON.stringify(local('onlyDropbox.ts'))};
export class ${name} extends Whole {
  constructor() {
    super();
    this.description = onlyDropbox(this.description);
  }
}`;
      return { contents, loader: 'ts', resolveDir: dirname(path) };
    });
  },
};

/**
 * Builds the package and puts its tarball into `folder`; resolves with the tarball's path. Works on a copy, so that
 * tests which run side by side do not build over each other.
 */
export async function packN8n(folder: string, variant: Variant = 'whole'): Promise<string> {
  const staged = await mkdtemp(join(tmpdir(), 'dossier-pack-'));
  try {
    await buildN8n(join(staged, 'dist'), variant);
    for (const file of ['LICENSE', 'CHANGELOG.md']) await cp(join(root, file), join(staged, file));
    await writeFile(join(staged, 'README.md'), packedReadme(await readFile(join(root, 'README.md'), 'utf8')));
    await writeFile(join(staged, 'package.json'), await packageJson(variant));
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

interface Manifest {
  readonly keywords: readonly string[];
  readonly n8n: { readonly credentials: readonly string[]; readonly nodes: readonly string[] };
}

/** What npm and n8n read of the package; nothing of how it is developed. */
async function packageJson(variant: Variant): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest & Record<string, unknown>;
  const { scripts, devDependencies, ...shipped } = manifest;
  if (variant === 'whole') return JSON.stringify(shipped, null, 2);
  const narrow = {
    ...shipped,
    name: names.dropbox,
    description: 'Deliver reports to your own Dropbox, whole and provable',
    keywords: manifest.keywords.filter((word) => !['nextcloud', 'webdav'].includes(word)),
    n8n: {
      ...manifest.n8n,
      credentials: manifest.n8n.credentials.filter((file) => /Dropbox|Key/.test(file)),
      nodes: manifest.n8n.nodes.filter((file) => !formerNames.test(file)),
    },
  };
  return JSON.stringify(narrow, null, 2);
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
