import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../../hosts/command.ts';
import { ensureDebian } from '../../../hosts/debian.ts';
import { type Mode, type NextcloudEmulator, startNextcloudEmulator } from '../index.ts';
import { digestsIn, digestsOn, writeSamples } from './samples.ts';

let server: NextcloudEmulator;
let folder: string;
beforeAll(() => ensureDebian(['nextcloud-desktop-cmd']), 300_000);
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Nextcloud's desktop client, once in both directions. */
const sync = (place: string): Promise<string> =>
  runCommand(
    'nextcloudcmd',
    [
      '--non-interactive',
      '--silent',
      '--user',
      server.user,
      '--password',
      server.password,
      '--path',
      '/',
      place,
      server.url,
    ],
    { env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, QT_QPA_PLATFORM: 'offscreen' } },
  );

describe.each<Mode>(['local', 's3v2'])('nextcloudcmd in mode %s', (mode) => {
  it('syncs up, sees renames as renames, and syncs down to another place', async () => {
    server = await startNextcloudEmulator({ mode });
    folder = await mkdtemp(join(tmpdir(), 'nextcloudcmd-'));
    const [here, there] = [join(folder, 'here'), join(folder, 'there')];
    await mkdir(here);
    await mkdir(there);
    await writeSamples(here);
    // nextcloudcmd 3.7.3 announces a bulk upload with an empty file in it, and then closes the connection.
    await rm(join(here, 'empty.txt'));
    await sync(here);
    expect(await digestsOn(server)).toEqual(await digestsIn(here));
    // The large file went in chunks, the small ones in one request together.
    expect(server.requests.count('PUT uploads')).toBeGreaterThan(1);
    expect(server.requests.byRoute).toMatchObject({ 'MOVE uploads': 1, 'POST bulk': 1 });

    const id = server.hooks.stat('large.bin')?.id;
    await rename(join(here, 'large.bin'), join(here, 'sub folder', 'renamed.bin'));
    await rm(join(here, 'name with spaces & é.txt'));
    await writeFile(join(here, 'description.txt'), 'changed, and longer than before');
    server.requests.reset();
    await sync(here);
    expect(server.hooks.stat('sub folder/renamed.bin')?.id).toBe(id);
    expect(server.requests.byRoute).toMatchObject({ 'MOVE files': 1, 'DELETE files': 1 });
    expect(server.requests.count('PUT uploads')).toBe(0);

    await sync(there);
    expect(await digestsIn(there)).toEqual(await digestsIn(here));
    expect(await digestsOn(server)).toEqual(await digestsIn(here));
  }, 60_000);
});
