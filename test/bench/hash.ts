import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { attachmentOf, createFileSources } from '../../extension/src/model/files/fileSources.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { digestsOfSource } from '../../shared/drive/hashSource.ts';
import { ensureDebian } from '../hosts/debian.ts';
import type { Bench } from './bench.ts';

const size = 1024 ** 3;
const piece = 16 * 1024 ** 2;
const rounds = 5;
const run = promisify(execFile);

/** Both hashes of a file of 1 GiB at once, against what others need for one of them: in turns, best of each. */
export const bench: Bench = {
  floors: { openssl_ratio: { atLeast: 0.75 }, rclone_ratio: { atLeast: 1.2 } },
  async measure(log) {
    await ensureDebian(['rclone', 'openssl']);
    const folder = await mkdtemp(join(tmpdir(), 'bench-hash-'));
    const path = join(folder, 'file');
    const ours = async () => {
      const { sha256, dropboxContentHash } = await digestsOfSource(
        await createFileSources(nodeFiles).open(await attachmentOf(nodeFiles, path)),
      );
      return [sha256, dropboxContentHash] as const;
    };
    const openssl = async () => (await run('openssl', ['dgst', '-sha256', '-r', path])).stdout.slice(0, 64);
    const rclone = async () =>
      (
        await run('rclone', ['hashsum', 'dropbox', path], {
          env: { ...process.env, RCLONE_CONFIG: join(folder, 'none') },
        })
      ).stdout.slice(0, 64);
    try {
      const file = await open(path, 'w');
      for (let at = 0; at < size; at += piece) await file.write(randomBytes(piece));
      await file.close();
      // Once for the page cache, and to see that all mean the same.
      const [sha256, contentHash] = await ours();
      if (sha256 !== (await openssl()) || contentHash !== (await rclone())) throw new Error('The hashes differ');
      const best = { ours: Infinity, openssl: Infinity, rclone: Infinity };
      for (let round = 0; round < rounds; round++) {
        for (const [name, work] of Object.entries({ ours, openssl, rclone })) {
          const started = performance.now();
          await work();
          best[name as keyof typeof best] = Math.min(
            best[name as keyof typeof best],
            (performance.now() - started) / 1000,
          );
        }
      }
      log(
        Object.entries(best)
          .map(([name, seconds]) => `${name} ${seconds.toFixed(2)} s`)
          .join(', '),
      );
      const rounded = (value: number) => Math.round(value * 100) / 100;
      return {
        openssl_ratio: rounded(best.openssl / best.ours),
        rclone_ratio: rounded(best.rclone / best.ours),
        gib_per_s: rounded(1 / best.ours),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
