import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { dropbox, host, json, path, run } from './dropboxNode.ts';

const mebibyte = 1024 * 1024;
const size = 300 * mebibyte;

/**
 * The most memory in use while `work` runs, beyond what was in use before, in MiB. The emulated Dropbox runs in this
 * process and counts too.
 */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 10);
  await work().finally(() => clearInterval(watch));
  return Math.round((most - before) / mebibyte);
}

describe('a 300 MB file', () => {
  it('is downloaded without being held in memory', { timeout: 120_000 }, async () => {
    dropbox.files.seed([{ path: '/large.bin', size }]);
    const mib = await growth(async () => {
      const { outputs } = await run('file', 'download', { path: path('/large.bin'), field: 'data' });
      expect(outputs[0]![0]).toMatchObject({ json: { size }, binary: { data: { bytes: size } } });
    });
    expect(mib).toBeLessThan(150);
  });

  it('is submitted without being held in memory', { timeout: 120_000 }, async () => {
    async function* pieces() {
      for (let sent = 0; sent < size; sent += mebibyte) yield Buffer.alloc(mebibyte, sent / mebibyte);
    }
    const binary = { video: await host.store(Readable.from(pieces()), 'large.mp4', 'video/mp4') };
    const mib = await growth(async () => {
      const [report] = json(
        await run(
          'report',
          'submit',
          { title: 'Large', report: '', attachments: '', folder: path('/') },
          { items: [{ json: {}, binary }] },
        ),
      );
      expect(report).toMatchObject({ state: 'submitted' });
    });
    expect(mib).toBeLessThan(250);
  });
});
