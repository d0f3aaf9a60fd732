import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import { runCommand } from '../command.ts';
import { ensureHost } from '../install.ts';
import { hostEnvironment, node24 } from '../node24.ts';

export interface UploadOrder {
  /** Of the server, without a slash at the end. */
  url: string;
  user: string;
  password: string;
  userId: string;
  file: string;
  /** The path in the user's files. */
  target: string;
  /** What the server's administrator has set; the client takes no less than 5 MiB. */
  chunkBytes: number;
}

export interface UploadResult {
  isChunked: boolean;
  chunks: number;
  /** Of the last answer. */
  status: number;
}

/** Uploads a file with the code that runs in Nextcloud's own web page, in an emulated browser. */
export async function uploadByNextcloudPage(order: UploadOrder): Promise<UploadResult> {
  const modules = join(await ensureHost('nextcloud-upload'), 'node_modules');
  const folder = await mkdtemp(join(tmpdir(), 'dossier-nextcloud-upload-'));
  try {
    const outfile = join(folder, 'client.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'fixture', 'client.js')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      mainFields: ['module', 'main'],
      nodePaths: [modules],
      logLevel: 'error',
      plugins: [withoutInterface(modules)],
      // Modules of CommonJS in the bundle ask for Node's own by require.
      banner: {
        js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(modules, 'x.js'))});`,
      },
    });
    const said = await runCommand(node24, [outfile], {
      cwd: folder,
      env: { ...hostEnvironment(folder), UPLOAD_ORDER: JSON.stringify(order) },
    });
    return JSON.parse(said.trim().split('\n').at(-1) as string) as UploadResult;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whatever is asked of it, as a module or as a function, is itself. */
const absent = `
const it = new Proxy(function () { return it; }, { get: (self, key) => (key === 'prototype' ? self[key] : it) });
module.exports = Object.create(it);
`;

/** Leaves out what the page shows; jsdom is loaded as it is. */
const withoutInterface = (modules: string): Plugin => ({
  name: 'without-interface',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^vue$|^@nextcloud\/(?:vue|dialogs)(?:\/|$)|\.css$/ }, () => ({
      path: 'interface',
      namespace: 'absent',
    }));
    onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: absent }));
    onResolve({ filter: /^jsdom$/ }, () => ({ path: join(modules, 'jsdom', 'lib', 'api.js'), external: true }));
  },
});
