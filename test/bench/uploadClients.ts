import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { DropboxEmulator } from '../emulators/dropbox/index.ts';

const run = promisify(execFile);
/** Thousands of small files take others half an hour. */
const longest = 3_600_000;

export interface Delivery {
  /** From the first request to the last answer, as the client itself measures it where it can. */
  readonly seconds: number;
  /** Of the client's process, bytes. */
  readonly peakRss?: number;
}

/** Delivers all files of a folder to a server, as a process of its own. */
export type Client = (server: DropboxEmulator, source: string, scratch: string) => Promise<Delivery>;

/** All clients reach the server through its proxy, by the names of the real service. */
function environment(server: DropboxEmulator): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HTTPS_PROXY: server.proxy?.url,
    NODE_USE_ENV_PROXY: '1',
    NODE_EXTRA_CA_CERTS: server.caFile,
    NODE_NO_WARNINGS: '1',
  };
}

/**
 * A program beside this file that prints its `Delivery`; bundled first, as the products ship, so that no compiler runs
 * inside it.
 */
export function programClient(program: string): Client {
  return async (server, source, scratch) => {
    const bundle = join(scratch, program.replace(/\.ts$/, '.mjs'));
    await build({
      entryPoints: [join(import.meta.dirname, program)],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    });
    const { stdout } = await run(process.execPath, [bundle, server.token, source], {
      env: environment(server),
      timeout: longest,
    });
    return JSON.parse(stdout) as Delivery;
  };
}

/** The whole life of the process, which is short beside what it waits for. */
export function rcloneClient(options: readonly string[]): Client {
  return async (server, source, scratch) => {
    const config = join(scratch, 'rclone.conf');
    const token = JSON.stringify({ access_token: server.token, token_type: 'bearer', expiry: '0001-01-01T00:00:00Z' });
    await writeFile(
      config,
      `[dbx]\ntype = dropbox\nclient_id = ${server.appKey}\nclient_secret = ${server.appSecret}\ntoken = ${token}\n`,
    );
    const started = performance.now();
    await run(
      'rclone',
      ['--config', config, '--ca-cert', server.caFile ?? '', 'copy', source, 'dbx:Report', ...options],
      { env: environment(server), timeout: longest },
    );
    return { seconds: (performance.now() - started) / 1000 };
  };
}
