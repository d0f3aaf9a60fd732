import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { Bench } from './bench.ts';

const run = promisify(execFile);
const files = 100_000;
const folders = 100;

/** A Dropbox folder of a hundred thousand files is linked without reading one of them; then one file changes. */
export const bench: Bench = {
  floors: {
    recorded: { atLeast: files },
    listing_calls: { atMost: 51 },
    bytes_downloaded: { atMost: 0 },
    peak_rss_mb: { atMost: 400 },
    calls_for_one_change: { atMost: 3 },
    one_change_recorded: { atLeast: 1 },
  },
  async measure(log) {
    const emulator = await startDropboxEmulator();
    const folder = await mkdtemp(join(tmpdir(), 'dossier-bench-'));
    try {
      const program = await bundled(folder);
      log(`Seeding ${files} files`);
      emulator.files.seed(
        (function* () {
          for (let at = 0; at < files; at++)
            yield { path: `/Linked/folder ${at % folders}/file ${at}.bin`, size: 1_000 + (at % 5_000) };
        })(),
      );
      log('Linking');
      const { stdout } = await run(process.execPath, [program, emulator.url, emulator.token], {
        maxBuffer: 1e7,
        timeout: 900_000,
      });
      const result = JSON.parse(stdout) as {
        recorded: number;
        listing_calls: number;
        seconds: number;
        calls_for_one_change: number;
        seconds_for_one_change: number;
        changes: string[];
        peak_rss: number;
      };
      const downloads = Object.entries(emulator.requests.byRoute).filter(([route]) =>
        /download|__emulator\/content/.test(route),
      );
      return {
        files,
        recorded: result.recorded,
        listing_calls: result.listing_calls,
        bytes_downloaded: downloads.reduce((sum, [, count]) => sum + count.bytesOut, 0),
        seconds: Math.round(result.seconds * 10) / 10,
        peak_rss_mb: Math.round(result.peak_rss / 2 ** 20),
        calls_for_one_change: result.calls_for_one_change,
        seconds_for_one_change: Math.round(result.seconds_for_one_change * 100) / 100,
        one_change_recorded:
          result.changes.filter((change) => change === 'Publish 2').length === 1 && result.changes.length === 1 ? 1 : 0,
      };
    } finally {
      await emulator.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** One file of plain JavaScript, as users run it: Node's own reading of types would be measured as well. */
async function bundled(folder: string): Promise<string> {
  const outfile = join(folder, 'linkProgram.mjs');
  // What is in the bundle from CommonJS still asks for Node's modules by `require`.
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({
    entryPoints: [join(import.meta.dirname, 'linkProgram.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner,
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
