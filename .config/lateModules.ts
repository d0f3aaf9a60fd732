import { basename, join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin, type PluginBuild } from 'esbuild';

interface LateModule {
  /** Name of its bundle. */
  readonly file: string;
  /** What is used of it; functions and classes. */
  readonly names: readonly string[];
  /** They are members of its default export. */
  readonly byDefault?: true;
}

/** Large packages that the start of the editor does not need. Each is a bundle of its own, read with the first call. */
const latePackages: Readonly<Record<string, LateModule>> = {
  'age-encryption': { file: 'age', names: ['Decrypter', 'Encrypter', 'identityToRecipient'] },
  'https-proxy-agent': { file: 'httpsProxy', names: ['HttpsProxyAgent'] },
  'iconv-lite': { file: 'encodings', names: ['encode', 'decode', 'encodingExists'], byDefault: true },
  'socks-proxy-agent': { file: 'socksProxy', names: ['SocksProxyAgent'] },
};

/**
 * Our own modules of that kind, by path. Their bundle has a copy of what they import, so a module whose own variables
 * the rest must see as well cannot be one of them.
 */
const lateOwn: Readonly<Record<string, LateModule>> = {
  'extension/src/model/credentials/readCredentials.ts': { file: 'credentials', names: ['readCredentials'] },
  'extension/src/ledger/custodyCommands.ts': { file: 'custody', names: ['recordCustody'] },
  'extension/src/ledger/exportHistory.ts': { file: 'exportHistory', names: ['exportHistoryOf'] },
  'extension/src/reports/commands/sidecars.ts': { file: 'sidecars', names: ['withSidecars'] },
  'shared/connection/test/connectionTest.ts': { file: 'connectionTest', names: ['testConnection'] },
  'shared/connection/trial/driveTrial.ts': {
    file: 'driveTrial',
    names: ['tryDrive', 'trialReport', 'trialVerdict'],
  },
  'shared/metadata/index.ts': { file: 'metadata', names: ['proveRemoval', 'readMetadata', 'removeMetadata'] },
  'shared/mirror/runMirror.ts': { file: 'mirror', names: ['mirrorId', 'planMirror', 'runMirror'] },
  'shared/report/bag/bag.ts': { file: 'bag', names: ['bagOf', 'folderFiles', 'inFolder'] },
  'shared/report/check/checkFolder.ts': { file: 'checkFolder', names: ['checkArchive', 'checkFolder'] },
};

/** Programs that run on threads of their own, by path, with the names of their bundles. */
const threads: Readonly<Record<string, string>> = {
  'extension/src/model/credentials/worker.ts': 'credentialsWorker',
};

/** All of them, by package or path. */
export const lateModules: Readonly<Record<string, LateModule>> = { ...latePackages, ...lateOwn };
const root = join(import.meta.dirname, '..');
const isPackage = new RegExp(`^(?:${Object.keys(latePackages).join('|')})$`);
const isOwn = new RegExp(
  `(?:${Object.keys(lateOwn)
    .map((path) => `/${basename(path)}`)
    .join('|')})$`,
);

/** Puts in the place of each late module functions of the same names that read it when they are called. */
export const late: Plugin = {
  name: 'late',
  setup(builder) {
    readLate(builder);
    builder.onResolve({ filter: isOwn }, ({ path, resolveDir }) => {
      const own = relative(root, join(resolveDir, path)).replaceAll('\\', '/');
      return own in lateOwn ? { path: own, namespace: 'late' } : undefined;
    });
  },
};

/** The packages alone: what our own late modules share with the start. */
const latePackage: Plugin = { name: 'late-packages', setup: readLate };

function readLate({ onResolve, onLoad }: PluginBuild): void {
  onResolve({ filter: isPackage }, ({ path }) => ({ path, namespace: 'late' }));
  onResolve({ filter: /^\.\//, namespace: 'late' }, ({ path }) => ({ path, external: true }));
  onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({ contents: standIn(lateModules[path]!), loader: 'js' }));
}

function standIn({ file, names, byDefault }: LateModule): string {
  const functions = names.map(
    (name) =>
      `function ${name}(...given) { return new.target ? new (read().${name})(...given) : read().${name}(...given); }`,
  );
  const out = byDefault ? `export default { ${names.join(', ')} };` : `export { ${names.join(', ')} };`;
  return [`let module; const read = () => (module ??= require('./${file}.js'));`, ...functions, out].join('\n');
}

/** Builds the bundles of the late modules beside the one that calls them. */
export async function buildLateModules(outdir: string, options: BuildOptions): Promise<void> {
  const bundles = Object.entries(lateModules).map(([name, { file }]) => {
    const isOurs = name in lateOwn;
    return build({
      ...options,
      stdin: { contents: `module.exports = require('${isOurs ? `./${name}` : name}');`, resolveDir: root },
      outfile: join(outdir, `${file}.js`),
      plugins: isOurs ? [latePackage] : [],
    });
  });
  await Promise.all([...bundles, ...Object.keys(threads).map((path) => buildThread(path, outdir, options))]);
}

/** Builds one of the programs that run on threads of their own; gives its file. */
export async function buildThread(path: string, outdir: string, options: BuildOptions): Promise<string> {
  const outfile = join(outdir, `${threads[path]}.js`);
  await build({ ...options, entryPoints: [join(root, path)], outfile });
  return outfile;
}
