import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebian } from '../hosts/debian.ts';
import { node24 } from '../hosts/node24.ts';
import type { Bench } from './bench.ts';

const run = promisify(execFile);
const mebibyte = 1024 ** 2;
const large = 2_000_000_000;

/** A report of 2 GB as a bag: the memory that it takes beyond that of a small one, to export and to check it. */
export const bench: Bench = {
  floors: {
    zip_extra_mib: { atMost: 150 },
    folder_extra_mib: { atMost: 150 },
    verify_extra_mib: { atMost: 150 },
  },
  async measure(log) {
    await ensureDebian(['python3']);
    const work = await mkdtemp(join(tmpdir(), 'bench-bag-'));
    const [report, bags, archive] = ['report', 'bags', 'bag.zip'].map((name) => join(work, name)) as [
      string,
      string,
      string,
    ];
    const ours = async (how: string, from: string, to = '') => {
      const { stdout } = await run(node24, [join(import.meta.dirname, 'bagProgram.ts'), how, from, to]);
      return JSON.parse(stdout) as { seconds: number; peakRss: number };
    };
    const all = async () => ({
      zip: await ours('zip', report, archive),
      verify: await ours('verify', archive),
      folder: await ours('folder', report, bags),
    });
    try {
      for (const folder of [report, bags]) await mkdir(folder);
      const film = join(report, 'film.mp4');
      await writeFile(join(report, 'description.txt'), 'as found');
      await writeFile(film, '');
      const small = await all();
      await rm(join(bags, 'bag'), { recursive: true });
      // A file of holes takes no room where it lies.
      await truncate(film, large);
      const whole = await all();
      const checker = join(import.meta.dirname, '../support/checkBag.py');
      for (const bag of [archive, join(bags, 'bag')]) await run('python3', [checker, bag]);
      const figures: Record<string, number> = {};
      for (const how of ['zip', 'verify', 'folder'] as const) {
        figures[`${how}_extra_mib`] = Math.round((whole[how].peakRss - small[how].peakRss) / mebibyte);
        figures[`${how}_mib_per_s`] = Math.round(large / mebibyte / whole[how].seconds);
        log(`${how}: ${whole[how].seconds.toFixed(1)} s`);
      }
      return figures;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  },
};
