import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandError } from '../../hosts/command.ts';
import { ensureDebian, whenFree } from '../../hosts/debian.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-debian-'));
  await mkdir(join(folder, 'bin'));
  // Nothing of the machine but what a shell script needs.
  for (const name of ['sh', 'cat', 'rm', 'chmod', 'flock', 'touch'])
    await symlink(`/usr/bin/${name}`, join(folder, 'bin', name));
  await fake('dpkg-query', '[ -e "$state/installed" ] && echo "installed tool"; exit 1');
  await fake('sudo', 'case "$1" in --version) exit;; --preserve-env=*) shift;; esac; exec "$@"');
  vi.stubEnv('PATH', join(folder, 'bin'));
  // The script that keeps servers from starting is written by root alone.
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function fake(name: string, script: string): Promise<void> {
  const file = join(folder, 'bin', name);
  await writeFile(file, `#!/bin/sh\nstate=${folder}\n${script}\n`);
  await chmod(file, 0o755);
}

/** An apt-get that notes what it is asked for, says `says` and fails, or installs. */
const fakeApt = (install: string, update = '') =>
  fake(
    'apt-get',
    `case " $* " in
  *" --version "*) ;;
  *" update "*) echo update >> "$state/asked"; ${update};;
  *" install "*) echo install >> "$state/asked"; ${install};;
esac`,
  );
const fails = (says: string) => `echo '${says.replaceAll("'", "'\\''")}' >&2; exit 100`;
const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');

describe('Debian packages', () => {
  it('are installed by sudo where we are not root', async () => {
    await fakeApt('touch "$state/installed"');
    await ensureDebian(['tool']);
    expect(await asked()).toEqual(['install']);
    await ensureDebian(['tool']);
    expect(await asked()).toEqual(['install']);
  });

  it('are found where the lists that name them were not there', async () => {
    await fakeApt(
      `[ -e "$state/lists" ] || { ${fails('E: Unable to locate package tool')}; }; touch "$state/installed"`,
      'touch "$state/lists"',
    );
    await ensureDebian(['tool']);
    expect(await asked()).toEqual(['install', 'update', 'install']);
  });

  it('are not forced upon an interrupted dpkg: the command that mends it is told', async () => {
    await fakeApt(
      fails("E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."),
    );
    await expect(ensureDebian(['tool'])).rejects.toThrow(
      /^Installing Debian packages failed\. .* Run as root: dpkg --configure -a/,
    );
    expect(await asked()).toEqual(['install']);
  });

  it('that cannot be fetched name the mirror, which shows only where the lists are read', async () => {
    await fakeApt(fails('E: Unable to locate package tool'), fails("W: Temporary failure resolving 'a.example'"));
    await expect(ensureDebian(['tool'])).rejects.toThrow(
      /The name of the Debian mirror cannot be resolved.*Acquire::http::Proxy/,
    );
  });

  it('come although a source that does not matter cannot be read', async () => {
    await fakeApt(
      `[ -e "$state/lists" ] || { ${fails('E: Unable to locate package tool')}; }; touch "$state/installed"`,
      `touch "$state/lists"; ${fails('W: Could not connect to a.example:80')}`,
    );
    await ensureDebian(['tool']);
    expect(await asked()).toEqual(['install', 'update', 'install']);
  });

  it('that do not fit the disk are not asked for twice', async () => {
    await fakeApt(fails("E: You don't have enough free space in /var/cache/apt/archives/."));
    await expect(ensureDebian(['tool'])).rejects.toThrow('The disk is full');
    expect(await asked()).toEqual(['install']);
  });

  it('are named where the system is not Debian, and may lack all else', async () => {
    await rm(join(folder, 'bin/flock'));
    await expect(ensureDebian(['tool'])).rejects.toThrow(
      /^This is not Debian .*: tool\. Without them run: npm run check/,
    );
  });

  it('are named with the command where there is no sudo', async () => {
    await fakeApt('exit 1');
    await rm(join(folder, 'bin/sudo'));
    await expect(ensureDebian(['tool'])).rejects.toThrow(
      'Run this as root and start again: apt-get update && apt-get install tool',
    );
  });
});

describe('while another program installs packages', () => {
  const locked = new CommandError(
    'apt-get',
    'code 100',
    'E: Could not get lock /var/lib/dpkg/lock. It is held by process 42 (unattended-upgr)',
  );
  let time: number;
  const patience = {
    limitMilliseconds: 600_000,
    pauseMilliseconds: 5_000,
    now: () => time,
    sleep: (milliseconds: number) => Promise.resolve((time += milliseconds)),
  };
  let said: string[];

  beforeEach(() => {
    time = 0;
    said = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  });

  it('it is waited for, and said once who has the lock', async () => {
    const attempt = vi.fn(() => (time < 60_000 ? Promise.reject(locked) : Promise.resolve('installed')));
    expect(await whenFree(attempt, patience)).toBe('installed');
    expect(attempt).toHaveBeenCalledTimes(13);
    expect(said).toEqual([
      expect.stringMatching(/^Another program installs .* up to 10 min: .*process 42 \(unattended-upgr\)\n$/),
    ]);
  });

  it('there is an end to it', async () => {
    await expect(whenFree(() => Promise.reject(locked), patience)).rejects.toBe(locked);
    expect(time).toBe(600_000);
  });

  it('another failure is told at once', async () => {
    const other = new CommandError('apt-get', 'code 100', 'E: Unable to locate package tool');
    await expect(whenFree(() => Promise.reject(other), patience)).rejects.toBe(other);
    expect(time).toBe(0);
  });
});
