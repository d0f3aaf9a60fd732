import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../../../hosts/command.ts';
import { ensureDebian } from '../../../hosts/debian.ts';
import { type Mode, type NextcloudEmulator, startNextcloudEmulator } from '../index.ts';

let server: NextcloudEmulator;
let folder: string;
beforeAll(() => ensureDebian(['litmus']), 300_000);
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** What the same program says of a genuine Nextcloud 32: all passed, and no locks. */
it.each<Mode>(['local', 's3v2'])('litmus finds in mode %s what it finds in a real Nextcloud', async (mode) => {
  server = await startNextcloudEmulator({ mode });
  folder = await mkdtemp(join(tmpdir(), 'litmus-'));
  const said = await runCommand('litmus', ['-k', `${server.filesUrl}/`, server.userId, server.password], {
    cwd: folder,
    env: { ...process.env, TESTS: 'basic copymove props http locks' },
  });
  const summaries = [...said.matchAll(/summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed/g)].map(
    ([, ...figures]) => figures.join(' '),
  );
  expect(summaries).toEqual(['basic 16 16 0', 'copymove 13 13 0', 'props 30 30 0', 'http 4 4 0', 'locks 3 3 0']);
  expect(said).toContain('locking tests skipped');
});
