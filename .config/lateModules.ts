import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

interface LateModule {
  /** Name of its bundle. */
  readonly file: string;
  /** What is used of it; functions and classes. */
  readonly names: readonly string[];
  /** They are members of its default export. */
  readonly byDefault?: true;
}

/** Large packages that the start of the editor does not need. Each is a bundle of its own, read with the first call. */
const lateModules: Readonly<Record<string, LateModule>> = {
  'age-encryption': { file: 'age', names: ['Decrypter', 'Encrypter', 'identityToRecipient'] },
  'https-proxy-agent': { file: 'httpsProxy', names: ['HttpsProxyAgent'] },
  'iconv-lite': { file: 'encodings', names: ['encode', 'decode', 'encodingExists'], byDefault: true },
  'socks-proxy-agent': { file: 'socksProxy', names: ['SocksProxyAgent'] },
};

const root = join(import.meta.dirname, '..');
const isLate = new RegExp(`^(?:${Object.keys(lateModules).join('|')})$`);

/** Puts in the place of each late module functions of the same names that read it when they are called. */
export const late: Plugin = {
  name: 'late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: isLate }, ({ path }) => ({ path, namespace: 'late' }));
    onResolve({ filter: /^\.\//, namespace: 'late' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({ contents: standIn(lateModules[path]!), loader: 'js' }));
  },
};

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
  const bundles = Object.entries(lateModules).map(([name, { file }]) =>
    build({
      ...options,
      stdin: { contents: `module.exports = require('${name}');`, resolveDir: root },
      outfile: join(outdir, `${file}.js`),
    }),
  );
  await Promise.all(bundles);
}
