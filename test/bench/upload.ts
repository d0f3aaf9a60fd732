import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmulatorOptions } from '../emulators/dropbox/index.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { ensureDebian } from '../hosts/debian.ts';
import type { Bench } from './bench.ts';
import { type Client, programClient, rcloneClient } from './uploadClients.ts';

/** A line of 50 ms each way, and 50 Mbit/s for each connection. */
const line = { latencyMs: 50, bandwidth: 6_250_000 };
const large = 200_000_000;
const huge = 2 * 1024 ** 3;

const rcloneModes: Readonly<Record<string, readonly string[]>> = {
  'sync': ['--dropbox-batch-mode', 'sync'],
  'async': ['--dropbox-batch-mode', 'async'],
  '--transfers 32': ['--transfers', '32'],
};

/** Ours, rclone and the official SDK deliver the same files over the same line, one after the other. */
export const bench: Bench = {
  floors: { many_ratio: { atLeast: 6 }, large_ratio: { atLeast: 4 }, peak_rss_mb: { atMost: 200 } },
  async measure(log) {
    await ensureDebian(['rclone']);
    const folder = await mkdtemp(join(tmpdir(), 'bench-upload-'));
    try {
      const many = await makeMany(join(folder, 'many'));
      const one = await makeFile(join(folder, 'large'), large);
      const seconds = async (what: string, client: Client, source: string): Promise<number> => {
        const best = await onServer(line, async (server) => (await client(server, source, folder)).seconds);
        log(`${what}: ${best.toFixed(2)} s`);
        return best;
      };
      const ours = {
        many: await seconds('ours, 100 x 20 KB', programClient('uploadProgram.ts'), many),
        large: await seconds('ours, 200 MB', programClient('uploadProgram.ts'), one),
      };
      const sdk = {
        many: await seconds('SDK, 100 x 20 KB', programClient('sdkProgram.ts'), many),
        large: await seconds('SDK, 200 MB', programClient('sdkProgram.ts'), one),
      };
      const rclone = { many: Infinity, large: Infinity };
      for (const [mode, options] of Object.entries(rcloneModes)) {
        rclone.many = Math.min(rclone.many, await seconds(`rclone ${mode}, 100 x 20 KB`, rcloneClient(options), many));
        rclone.large = Math.min(rclone.large, await seconds(`rclone ${mode}, 200 MB`, rcloneClient(options), one));
      }
      const { peakRss } = await onServer({}, async (server) =>
        programClient('uploadProgram.ts')(server, await makeSparse(join(folder, 'huge'), huge), folder),
      );
      const rounded = (value: number) => Math.round(value * 100) / 100;
      return {
        many_ratio: rounded(rclone.many / ours.many),
        large_ratio: rounded(rclone.large / ours.large),
        peak_rss_mb: rounded((peakRss ?? Infinity) / 1e6),
        ours_s: rounded(ours.many + ours.large),
        rclone_s: rounded(rclone.many + rclone.large),
        sdk_s: rounded(sdk.many + sdk.large),
        ours_many_s: rounded(ours.many),
        ours_large_s: rounded(ours.large),
        rclone_many_s: rounded(rclone.many),
        rclone_large_s: rounded(rclone.large),
        sdk_many_s: rounded(sdk.many),
        sdk_large_s: rounded(sdk.large),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Server = Awaited<ReturnType<typeof startDropboxEmulator>>;

/** A server of its own for each, so that nobody finds the files of another. */
async function onServer<T>(options: EmulatorOptions, work: (server: Server) => Promise<T>): Promise<T> {
  const server = await startDropboxEmulator({ ...options, tls: true, proxyPort: 0 });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

async function makeMany(folder: string): Promise<string> {
  await mkdir(folder);
  for (let index = 0; index < 100; index++) await writeFile(join(folder, `photo ${index}.jpg`), randomBytes(20_000));
  return folder;
}

async function makeFile(folder: string, size: number): Promise<string> {
  await mkdir(folder);
  const file = await open(join(folder, 'video.mp4'), 'w');
  for (let left = size; left > 0; left -= 1_000_000) await file.write(randomBytes(Math.min(1_000_000, left)));
  await file.close();
  return folder;
}

/** A file of zeros takes no place on the disk. */
async function makeSparse(folder: string, size: number): Promise<string> {
  await mkdir(folder);
  const file = await open(join(folder, 'huge.bin'), 'w');
  await file.truncate(size);
  await file.close();
  return folder;
}
