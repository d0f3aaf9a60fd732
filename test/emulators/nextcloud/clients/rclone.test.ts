import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../../hosts/command.ts';
import { ensureDebian } from '../../../hosts/debian.ts';
import { type Mode, type NextcloudEmulator, startNextcloudEmulator } from '../index.ts';
import { digestsIn, digestsOn, writeSamples } from './samples.ts';

let server: NextcloudEmulator;
let folder: string;
beforeAll(() => ensureDebian(['rclone']), 300_000);
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function rclone(...args: string[]): Promise<string> {
  const obscured = (await runCommand('rclone', ['obscure', server.password])).trim();
  const remote = { TYPE: 'webdav', URL: server.filesUrl, VENDOR: 'nextcloud', USER: server.user, PASS: obscured };
  const settings = Object.entries(remote).map(([name, value]) => [`RCLONE_CONFIG_CLOUD_${name}`, value]);
  return runCommand('rclone', [...args, '--config', '', '--retries', '1'], {
    env: { ...process.env, ...Object.fromEntries(settings), HOME: folder },
  });
}

describe.each<Mode>(['local', 's3v2'])('rclone (vendor nextcloud) in mode %s', (mode) => {
  it('copies, checks by hash and by content, moves, and copies back', async () => {
    server = await startNextcloudEmulator({ mode });
    folder = await mkdtemp(join(tmpdir(), 'rclone-nextcloud-'));
    const [here, there] = [join(folder, 'here'), join(folder, 'there')];
    await writeSamples(here);
    await utimes(join(here, 'description.txt'), 1_600_000_000, 1_600_000_000);
    await rclone('copy', here, 'cloud:Reports');
    expect(await digestsOn(server, 'Reports')).toEqual(
      Object.fromEntries(Object.entries(await digestsIn(here)).map(([path, hash]) => [`Reports/${path}`, hash])),
    );
    await rclone('check', here, 'cloud:Reports');
    await rclone('check', '--download', here, 'cloud:Reports');

    // Times and hashes are there, so nothing is sent again.
    server.requests.reset();
    await rclone('copy', here, 'cloud:Reports');
    expect(server.requests.count('PUT files')).toBe(0);

    const id = server.hooks.stat('Reports/large.bin')?.id;
    await rclone('moveto', 'cloud:Reports/large.bin', 'cloud:Reports/sub folder/renamed.bin');
    expect(server.hooks.stat('Reports/sub folder/renamed.bin')?.id).toBe(id);
    await rclone('copy', 'cloud:Reports', there);
    expect((await digestsIn(there))['sub folder/renamed.bin']).toBe((await digestsIn(here))['large.bin']);
    await rclone('purge', 'cloud:Reports');
    expect(server.hooks.list('')).toEqual([]);
  }, 60_000);
});
