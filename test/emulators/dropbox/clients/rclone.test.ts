import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureDebian } from '../../../hosts/debian.ts';
import { createContentHasher } from '../contentHash.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../index.ts';

let emulator: DropboxEmulator;
let folder = '';
const names = [
  ...Array.from({ length: 20 }, (_, index) => `file ${index}.bin`),
  'Été.txt',
  'empty',
  'sub/deeper/last.txt',
];

beforeAll(async () => {
  await ensureDebian(['rclone']);
  folder = await mkdtemp(join(tmpdir(), 'dropbox-rclone-'));
  await mkdir(join(folder, 'small/sub/deeper'), { recursive: true });
  for (const [index, name] of names.entries()) {
    await writeFile(join(folder, 'small', name), name === 'empty' ? '' : randomBytes(20_000 + index));
  }
  // rclone 1.60 sends names as UTF-8 in the header of `files/upload`, which the real service takes.
  emulator = await startDropboxEmulator({ tls: true, proxyPort: 0, behaviour: { argumentHeader: 'utf8' } });
  await configure('0001-01-01T00:00:00Z');
}, 300_000);
beforeEach(() => emulator.requests.reset());
afterAll(async () => {
  // Nothing but names of Dropbox was ever asked for.
  expect(emulator.proxy!.refused).toEqual([]);
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

async function configure(expiry: string): Promise<void> {
  const token = { access_token: emulator.token, token_type: 'bearer', refresh_token: emulator.refreshToken, expiry };
  await writeFile(
    join(folder, 'rclone.conf'),
    [
      '[dbx]',
      'type = dropbox',
      `client_id = ${emulator.appKey}`,
      `client_secret = ${emulator.appSecret}`,
      'auth_url = https://www.dropbox.com/oauth2/authorize',
      'token_url = https://api.dropboxapi.com/oauth2/token',
      `token = ${JSON.stringify(token)}`,
      '',
    ].join('\n'),
  );
}

async function rclone(...args: string[]): Promise<string> {
  const common = ['--config', join(folder, 'rclone.conf'), '--ca-cert', emulator.caFile!, '--retries', '1'];
  const { stdout, stderr } = await promisify(execFile)('rclone', [...common, ...args], {
    timeout: 110_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, HTTPS_PROXY: emulator.proxy!.url },
  });
  return stdout + (args[0] === 'check' ? stderr : '');
}

const hashOf = (bytes: Buffer): string => {
  const hasher = createContentHasher();
  hasher.update(bytes);
  return hasher.end().hash;
};

describe('rclone', { timeout: 120_000 }, () => {
  it.each(['sync', 'async', 'off'])('copies a folder with batch mode %s, and finds it right', async (mode) => {
    const target = `dbx:Reports/${mode}`;
    await rclone('copy', join(folder, 'small'), target, '--dropbox-batch-mode', mode);
    const { byRoute } = emulator.requests;
    if (mode === 'off') expect(byRoute['files/upload']?.count).toBe(names.length);
    else expect(byRoute['files/upload_session/finish_batch_v2']?.count).toBeGreaterThan(0);
    expect(await rclone('check', join(folder, 'small'), target)).toContain(`${names.length} matching files`);

    const listed = JSON.parse(await rclone('lsjson', '--hash', '--recursive', '--files-only', target)) as {
      Path: string;
      Size: number;
      Hashes: { dropbox: string };
    }[];
    const expected = await Promise.all(
      names.map(async (name) => {
        const bytes = await readFile(join(folder, 'small', name));
        return { Path: name, Size: bytes.length, Hashes: { dropbox: hashOf(bytes) } };
      }),
    );
    const byPath = (a: { Path: string }, b: { Path: string }): number => a.Path.localeCompare(b.Path);
    expect(listed.sort(byPath)).toMatchObject(expected.sort(byPath));

    await rclone('copy', target, join(folder, `back-${mode}`));
    for (const name of names) {
      const [there, back] = await Promise.all([
        readFile(join(folder, 'small', name)),
        readFile(join(folder, `back-${mode}`, name)),
      ]);
      expect(back.equals(there)).toBe(true);
    }
  });

  it('agrees on hashes', async () => {
    const sums = await rclone('hashsum', 'dropbox', 'dbx:Reports/sync');
    const local = await rclone('hashsum', 'dropbox', join(folder, 'small'));
    expect(sums.split('\n').sort()).toEqual(local.split('\n').sort());
  });

  it('carries 200 MB in a session', async () => {
    const source = join(folder, 'large.bin');
    const bytes = randomBytes(200_000_000);
    await writeFile(source, bytes);
    await rclone('copyto', source, 'dbx:Reports/large.bin');
    expect(emulator.files.entry('/reports/large.bin')).toMatchObject({ size: bytes.length, hash: hashOf(bytes) });
    // 48 MiB a chunk, none of them twice, and one commit.
    expect(emulator.requests.byRoute).toMatchObject({
      'files/upload_session/start': { count: 1 },
      'files/upload_session/append_v2': { count: 4 },
      'files/upload_session/finish_batch_v2': { count: 1 },
    });
    expect(emulator.requests.bytesIn).toBeLessThan(bytes.length + 10_000);
    await rclone('copyto', 'dbx:Reports/large.bin', join(folder, 'large.back'));
    expect((await readFile(join(folder, 'large.back'))).equals(bytes)).toBe(true);
  });

  it('gets over a bad network', async () => {
    emulator.faults.inject(
      { kind: 'reset', route: 'files/upload_session/start', nth: 2 },
      { kind: 'lostAnswer', route: 'files/upload_session/append_v2', nth: 3 },
      { kind: 'status', status: 503, route: 'files/upload_session/append_v2', nth: 8 },
      { kind: 'status', status: 429, retryAfter: 1, route: 'files/list_folder' },
    );
    // Few files, for rclone takes its time after each fault.
    const some = ['--include', 'file [1-4].bin'];
    await rclone('copy', join(folder, 'small'), 'dbx:Reports/rough', ...some);
    expect(emulator.faults.pending).toEqual([]);
    expect(await rclone('check', '--one-way', join(folder, 'small'), 'dbx:Reports/rough', ...some)).toContain(
      '4 matching files',
    );
  });

  it('moves, links, purges and asks for the space', async () => {
    await rclone('moveto', 'dbx:Reports/off', 'dbx:Moved/Here');
    expect((await rclone('lsf', 'dbx:Moved/Here')).split('\n')).toContain('sub/');
    expect(await rclone('link', 'dbx:Moved/Here')).toMatch(/^https:\/\/www\.dropbox\.com\//);
    await rclone('purge', 'dbx:Moved/Here');
    expect(emulator.files.entry('/moved/here')).toBeUndefined();
    expect(JSON.parse(await rclone('about', '--json', 'dbx:'))).toMatchObject({ total: 2 ** 42 });
    expect(await readdir(folder)).toContain('rclone.conf');
  });

  it('refreshes a stale token and keeps the new one', async () => {
    emulator.tokens.expire(emulator.token);
    await configure('2020-01-01T00:00:00Z');
    expect(await rclone('lsf', 'dbx:Reports')).toContain('large.bin');
    expect(emulator.requests.count('oauth2/token')).toBe(1);
    const kept = await readFile(join(folder, 'rclone.conf'), 'utf8');
    expect(kept).not.toContain(emulator.token);
    await rclone('lsf', 'dbx:Reports');
    expect(emulator.requests.count('oauth2/token')).toBe(1);
  });
});
