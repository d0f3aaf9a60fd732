import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type NextcloudEmulator, startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { ensureDebian } from '../hosts/debian.ts';
import type { Bench } from './bench.ts';

const run = promisify(execFile);

/** A line of 50 ms each way, and 50 Mbit/s for each connection. */
const line = { latencyMs: 50, bandwidth: 6_250_000 };
const largeSize = 200_000_000;
const longest = 600_000;

interface Delivery {
  readonly seconds: number;
  /** Of the client's process, bytes, where it tells. */
  readonly peakRss?: number;
}

/** Delivers all files of a folder to a server, as a process of its own. */
type Client = (server: NextcloudEmulator, source: string, scratch: string) => Promise<Delivery>;

const timed = async (program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Delivery> => {
  const started = performance.now();
  await run(program, args, { env: { ...process.env, ...env }, timeout: longest, maxBuffer: 2 ** 26 });
  return { seconds: (performance.now() - started) / 1000 };
};

const ours: Client = async ({ url, userId, user, password }, source) => {
  const { stdout } = await run(
    process.execPath,
    [join(import.meta.dirname, 'nextcloudProgram.ts'), url, userId, user, password, source],
    { env: { ...process.env, NODE_NO_WARNINGS: '1' }, timeout: longest },
  );
  return JSON.parse(stdout) as Delivery;
};

const rclone =
  (...options: readonly string[]): Client =>
  async ({ filesUrl, user, password }, source, scratch) => {
    const config = join(scratch, 'rclone.conf');
    const { stdout } = await run('rclone', ['obscure', password]);
    await writeFile(
      config,
      `[nc]\ntype = webdav\nurl = ${filesUrl}\nvendor = nextcloud\nuser = ${user}\npass = ${stdout.trim()}\n`,
    );
    return timed('rclone', ['--config', config, 'copy', source, 'nc:Report', ...options], {});
  };

const nextcloudcmd: Client = ({ url, user, password }, source, scratch) =>
  timed(
    'nextcloudcmd',
    ['--non-interactive', '--silent', '--user', user, '--password', password, '--path', '/', source, url],
    { HOME: scratch, XDG_RUNTIME_DIR: scratch, QT_QPA_PLATFORM: 'offscreen' },
  );

/**
 * Everybody delivers the same files over the same line, one after the other, each to a server of its own. rclone may
 * choose its best setting.
 */
const clients: Readonly<Record<string, Client>> = {
  ours,
  'rclone': rclone(),
  'rclone --transfers 16': rclone('--transfers', '16', '--checkers', '16'),
  'rclone --transfers 32': rclone('--transfers', '32', '--checkers', '32', '--no-traverse'),
  nextcloudcmd,
};

export const bench: Bench = {
  floors: { many_ratio: { atLeast: 3 }, large_ratio: { atLeast: 2 }, peak_rss_mb: { atMost: 256 } },
  async measure(log) {
    await ensureDebian(['rclone', 'nextcloud-desktop-cmd']);
    const scratch = await mkdtemp(join(tmpdir(), 'bench-nextcloud-'));
    try {
      const sources = { many: await makeMany(join(scratch, 'many')), large: await makeLarge(join(scratch, 'large')) };
      const seconds: Record<string, { many: number; large: number }> = {};
      let peakRss = 0;
      for (const [name, client] of Object.entries(clients)) {
        const figures = { many: 0, large: 0 };
        for (const what of ['many', 'large'] as const) {
          const delivery = await deliver(client, sources[what], scratch);
          figures[what] = delivery.seconds;
          peakRss = Math.max(peakRss, delivery.peakRss ?? 0);
          log(`${name}, ${what}: ${delivery.seconds.toFixed(2)} s, ${delivery.requests} requests`);
        }
        seconds[name] = figures;
      }
      return figuresOf(seconds, peakRss);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

function figuresOf(
  seconds: Readonly<Record<string, { many: number; large: number }>>,
  peakRss: number,
): Record<string, number> {
  const rounded = (value: number) => Math.round(value * 100) / 100;
  const of = (name: string, what: 'many' | 'large') => seconds[name]?.[what] ?? Number.NaN;
  const best = (what: 'many' | 'large') =>
    Math.min(
      ...Object.keys(seconds)
        .filter((name) => name.startsWith('rclone'))
        .map((name) => of(name, what)),
    );
  return {
    many_ratio: rounded(best('many') / of('ours', 'many')),
    large_ratio: rounded(best('large') / of('ours', 'large')),
    peak_rss_mb: rounded(peakRss / 1e6),
    ours_many_s: rounded(of('ours', 'many')),
    ours_large_s: rounded(of('ours', 'large')),
    rclone_many_s: rounded(best('many')),
    rclone_large_s: rounded(best('large')),
    nextcloudcmd_many_s: rounded(of('nextcloudcmd', 'many')),
    nextcloudcmd_large_s: rounded(of('nextcloudcmd', 'large')),
  };
}

async function deliver(client: Client, source: string, scratch: string): Promise<Delivery & { requests: number }> {
  const server = await startNextcloudEmulator(line);
  try {
    return { ...(await client(server, source, scratch)), requests: server.requests.total };
  } finally {
    await server.close();
  }
}

async function makeMany(folder: string): Promise<string> {
  await mkdir(folder);
  for (let index = 0; index < 100; index++) await writeFile(join(folder, `photo ${index}.jpg`), randomBytes(20_000));
  return folder;
}

async function makeLarge(folder: string): Promise<string> {
  await mkdir(folder);
  const file = await open(join(folder, 'video.mp4'), 'w');
  for (let left = largeSize; left > 0; left -= 1_000_000) await file.write(randomBytes(Math.min(1_000_000, left)));
  await file.close();
  return folder;
}
