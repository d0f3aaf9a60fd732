import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { ensureDebian } from '../hosts/debian.ts';
import type { Bench } from './bench.ts';
import { type Client, programClient, rcloneClient } from './uploadClients.ts';

/** A line of 50 ms each way, and 50 Mbit/s for each connection. */
const line = { latencyMs: 50, bandwidth: 6_250_000 };
const folders = 100;
const filesInFolder = 100;
const changes = 10;
const settlingMs = 3_000;

/** So many at one time, where rclone is told to; by itself it sends four. */
const tuned = ['--transfers', '32', '--checkers', '32'];

interface Seconds {
  readonly first: number;
  readonly incremental: number;
}

/** Ours and rclone bring the same 10,000 small files over the same line, then ten that have changed; the floors are beside plain `rclone copy`. */
export const bench: Bench = {
  floors: { first_ratio: { atLeast: 4 }, incremental_ratio: { atLeast: 2 } },
  async measure(log) {
    await ensureDebian(['rclone']);
    const scratch = await mkdtemp(join(tmpdir(), 'bench-mirror-'));
    try {
      const measured = async (name: string, client: Client): Promise<Seconds> => {
        const seconds = await runTwice(client, join(scratch, name.replaceAll(' ', '-')), scratch);
        log(`${name}: ${seconds.first.toFixed(2)} s, then ${seconds.incremental.toFixed(2)} s`);
        return seconds;
      };
      const ours = await measured('ours', programClient('mirrorProgram.ts'));
      const rclone = await measured('rclone copy', rcloneClient([]));
      const best = await measured(`rclone copy ${tuned.join(' ')}`, rcloneClient(tuned));
      const rounded = (value: number) => Math.round(value * 100) / 100;
      return {
        first_ratio: rounded(rclone.first / ours.first),
        incremental_ratio: rounded(rclone.incremental / ours.incremental),
        first_ratio_tuned: rounded(best.first / ours.first),
        incremental_ratio_tuned: rounded(best.incremental / ours.incremental),
        ours_first_s: rounded(ours.first),
        ours_incremental_s: rounded(ours.incremental),
        rclone_first_s: rounded(rclone.first),
        rclone_incremental_s: rounded(rclone.incremental),
      };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

/** On a server of its own, so that nobody finds the files of another. */
async function runTwice(client: Client, source: string, scratch: string): Promise<Seconds> {
  const server = await startDropboxEmulator({ ...line, tls: true, proxyPort: 0 });
  await makeFiles(source);
  // Of files that were written a moment ago no clock tells whether they have changed again: everybody reads them anew.
  await sleep(settlingMs);
  try {
    const first = (await client(server, source, scratch)).seconds;
    for (let index = 0; index < changes; index++)
      await writeFile(
        join(source, `folder ${index * Math.floor(folders / changes)}`, `note ${index}.txt`),
        randomBytes(1_100),
      );
    const incremental = (await client(server, source, scratch)).seconds;
    return { first, incremental };
  } finally {
    await server.close();
  }
}

async function makeFiles(root: string): Promise<void> {
  for (let folder = 0; folder < folders; folder++) {
    await mkdir(join(root, `folder ${folder}`), { recursive: true });
    for (let file = 0; file < filesInFolder; file++)
      await writeFile(join(root, `folder ${folder}`, `note ${file}.txt`), randomBytes(1_000));
  }
}
