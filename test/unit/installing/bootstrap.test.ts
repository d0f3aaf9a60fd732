import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { root } from '../../../.config/installing/environment.mjs';
import { node24 } from '../../hosts/node24.ts';

let folder: string;
let clone: string;
let children: ChildProcess[];
let path: string;

/** A clone whose path is not plain, with one dependency and a script; npm is a stand-in that notes what it is asked. */
beforeEach(async () => {
  children = [];
  folder = await mkdtemp(join(tmpdir(), 'dossier-bootstrap-'));
  clone = join(folder, 'Prüfung der Berichte', 'dossier');
  path = `${join(folder, 'bin')}:/usr/bin:/bin`;
  await mkdir(join(folder, 'bin'));
  await mkdir(clone, { recursive: true });
  for (const path of ['.config/bootstrap.mjs', '.config/installing'])
    await cp(join(root, path), join(clone, path), { recursive: true });
  await writeFile(
    join(clone, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/tool': { version: '1.0.0' } } }),
  );
  await writeFile(
    join(clone, 'script.ts'),
    "const said: string = 'it runs on ' + process.version; console.log(said, process.argv[2], process.env.PATH);",
  );
  await fakeNpm('');
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** First it does `before`, then what the real one would. */
async function fakeNpm(before: string): Promise<void> {
  const distribution = `node-${process.platform}-${process.arch}`;
  const script = `#!/bin/sh
echo "$1" >> "${folder}/asked"
${before}
case "$1" in
ci) mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json;;
rebuild)
  mkdir -p node_modules/.bin node_modules/node/bin node_modules/${distribution}/include/node
  echo '{}' > node_modules/node/package.json
  echo '{}' > node_modules/${distribution}/package.json
  touch node_modules/${distribution}/include/node/node.h
  ln -sf "${node24}" node_modules/node/bin/node
  ln -sf ../node/bin/node node_modules/.bin/node;;
esac
`;
  await writeFile(join(folder, 'bin/npm'), script);
  await chmod(join(folder, 'bin/npm'), 0o755);
}

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  said(): string;
}

function bootstrap(...flags: string[]): Run {
  const env = { PATH: path, HOME: folder, TMPDIR: folder };
  const args = [...flags, '.config/bootstrap.mjs', 'script.ts', 'argument'];
  const child = spawn(process.execPath, args, { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  return { child, ended, said: () => err };
}

const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');

it('installs once, and then runs the script on Node 24', async () => {
  const { code, out, err } = await bootstrap().ended;
  expect(err).toMatch(/Installing the development dependencies \.\.\.\n.*: done in .*\n.*Installing Node 24 \.\.\./);
  expect([code, out]).toEqual([0, expect.stringMatching(/^it runs on v24\.\d+\.\d+ argument /)]);
  expect(await bootstrap().ended).toMatchObject({ code: 0, err: '' });
  expect(await asked()).toEqual(['ci', 'rebuild']);
});

it('brings back the headers alone where npm has taken them away', async () => {
  await bootstrap().ended;
  await rm(join(clone, `node_modules/node-${process.platform}-${process.arch}`), { recursive: true });
  expect(await bootstrap().ended).toMatchObject({ code: 0 });
  expect(await asked()).toEqual(['ci', 'rebuild', 'rebuild']);
});

it('installs once where two are started at once, and the second says what it waits for', async () => {
  await fakeNpm(`while [ ! -e "${folder}/go" ]; do sleep 0.05; done`);
  const runs = [bootstrap(), bootstrap()];
  await vi.waitUntil(() => runs.some((run) => run.said().includes('Waiting for another command')), 30_000);
  await writeFile(join(folder, 'go'), '');
  expect((await Promise.all(runs.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0]);
  expect(await asked()).toEqual(['ci', 'rebuild']);
});

it('goes on after it was killed in the middle, and leaves nothing running', async () => {
  await fakeNpm(`echo $$ > "${folder}/npm.pid"; mkdir -p node_modules/tool; while :; do sleep 0.05; done`);
  const { child, ended } = bootstrap();
  await vi.waitUntil(() => existsSync(join(clone, 'node_modules/tool')), 30_000);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 143 });
  const npm = (await readFile(join(folder, 'npm.pid'), 'utf8')).trim();
  await vi.waitUntil(() => !existsSync(`/proc/${npm}`), 5_000);

  await fakeNpm('');
  expect(await bootstrap().ended).toMatchObject({ code: 0 });
  expect(await asked()).toEqual(['ci', 'ci', 'rebuild']);
});

describe('in a sentence it says', () => {
  it('that the registry cannot be reached, and what to do', async () => {
    await fakeNpm('echo "npm error code ENOTFOUND" >&2; exit 1');
    const { code, err } = await bootstrap().ended;
    expect(code).toBe(1);
    expect(err).toMatch(
      /\nInstalling the development dependencies failed\. The name of the npm registry cannot be resolved\. .*npm config set https-proxy/,
    );
  });

  it('that npm is missing', async () => {
    await rm(join(folder, 'bin/npm'));
    await symlink('/usr/bin/flock', join(folder, 'bin/flock'));
    path = join(folder, 'bin');
    const { code, err } = await bootstrap().ended;
    expect([code, err]).toEqual([1, expect.stringContaining('npm must be on the PATH')]);
  });

  it('that Node is too old', async () => {
    const { code, err } = await bootstrap('--import', isNode18).ended;
    expect([code, err]).toEqual([
      1,
      'Dossier needs Node 20 or newer; this is Node 18.19.0. Install one from nodejs.org.\n',
    ]);
  });
});

const module = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
const isNode18 = module(
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.0' } });`,
);
