import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isConnectionSetting, root } from '../../.config/installing/environment.mjs';
import { step } from '../../.config/installing/step.mjs';
import { cached } from '../hosts/cache.ts';
import { runCommand } from '../hosts/command.ts';
import { debianMirror } from '../hosts/cosign.ts';
import { ensureDebian } from '../hosts/debian.ts';
import { installEnvironment } from '../hosts/node24.ts';

const suite = 'bookworm';
/** What somebody has who has cloned a repository: git, certificates, and the right to install. */
const present = ['ca-certificates', 'git', 'sudo'];
/** Node 20 with the npm it comes with, and Node 22 with the one that people put over it. */
const npmFor = { '20': '10', '22': '11' } as const;

export type NodeMajor = keyof typeof npmFor;

export interface Account {
  readonly name: string;
  readonly home: string;
}

export const accounts = {
  root: { name: 'root', home: '/root' },
  ordinary: { name: 'reporter', home: '/home/reporter' },
} as const satisfies Record<string, Account>;

/**
 * Unpacks a minimal Debian 12 with this machine's ways to the network, a Node and its npm, and two accounts with empty
 * homes; resolves with its folder, which the caller removes.
 */
export async function makeTree(node: NodeMajor): Promise<string> {
  await ensureDebian(['debootstrap', 'debian-archive-keyring']);
  const base = await cached(join('fresh', `${suite}-${present.join('-')}`), (folder) =>
    step('Making a minimal Debian 12', () => debootstrap(folder)),
  );
  const program = await cached(join('fresh', `node-${node}-npm-${npmFor[node]}`), (folder) =>
    step(`Fetching Node ${node} and npm ${npmFor[node]}`, () => fetchNode(folder, node)),
  );
  const tree = await mkdtemp(join(tmpdir(), 'dossier-fresh-'));
  // mkdtemp makes it for us alone, and the ordinary account needs to enter.
  await chmod(tree, 0o755);
  await runCommand('tar', ['-xf', join(base, 'tree.tar'), '-C', tree]);
  await putNode(tree, program);
  await putConnection(tree);
  await runCommand('chroot', [tree, 'useradd', '-m', '-s', '/bin/bash', accounts.ordinary.name]);
  await writeFile(join(tree, 'etc/sudoers.d/ordinary'), `${accounts.ordinary.name} ALL=(ALL:ALL) NOPASSWD: ALL\n`);
  return tree;
}

/** What `git clone` gives, at `path` of the tree. */
export async function cloneInto(tree: string, path: string, { name }: Account): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await runCommand('git', ['clone', '--quiet', '--no-hardlinks', root, join(tree, path)]);
  await runCommand('chroot', [tree, 'chown', '-R', `${name}:`, dirname(path) === '/' ? path : dirname(path)]);
}

async function debootstrap(folder: string): Promise<void> {
  const tree = join(folder, 'tree');
  const options = ['--variant=minbase', `--include=${present.join(',')}`];
  await runCommand('debootstrap', [...options, suite, tree, await debianMirror()]);
  await rm(join(tree, 'etc/apt/sources.list'), { force: true });
  await runCommand('sh', ['-c', 'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/archives/*.deb', 'sh', tree]);
  await runCommand('tar', ['-cf', join(folder, 'tree.tar'), '-C', tree, '.']);
  await rm(tree, { recursive: true });
}

/** npm's package `node` fetches the program when its install script runs. */
async function fetchNode(folder: string, node: NodeMajor): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const args = [
    'install',
    `--prefix=${folder}`,
    '--ignore-scripts=false',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  await runCommand('npm', [...args, `node@${node}`, `npm@${npmFor[node]}`], { cwd: folder, env: installEnvironment() });
}

/** As the archive from nodejs.org lays them out. */
async function putNode(tree: string, from: string): Promise<void> {
  const local = join(tree, 'usr/local');
  await cp(join(from, 'node_modules/node/bin/node'), join(local, 'bin/node'));
  await cp(join(from, 'node_modules/npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
}

const copied = [
  '/etc/apt',
  '/usr/share/keyrings',
  '/usr/local/share/ca-certificates',
  '/etc/resolv.conf',
  '/etc/hosts',
];
const networkVariables = /^((https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i;

/** How this machine reaches its package sources: the same for the fresh one. */
async function putConnection(tree: string): Promise<void> {
  for (const path of copied) await copy(path, tree);
  await copy('/etc/ssl/certs', tree);
  const settings = await npmSettings();
  for (const line of settings) {
    const file = /^(?:cafile|certfile|keyfile)\s*=\s*"?([^"]+)/.exec(line)?.[1];
    if (file !== undefined && !file.startsWith('/etc/ssl/certs/')) await copy(file, tree);
  }
  await mkdir(join(tree, 'usr/local/etc'), { recursive: true });
  await writeFile(join(tree, 'usr/local/etc/npmrc'), settings.map((line) => `${line}\n`).join(''));
  const variables = Object.entries(process.env).filter(([name]) => networkVariables.test(name));
  const exports = variables.map(([name, value]) => `export ${name}='${value}'\n`).join('');
  await writeFile(join(tree, 'etc/profile.d/network.sh'), exports);
}

/** Links are followed: what they lead to is not there. */
async function copy(path: string, tree: string): Promise<void> {
  const script = '[ -e "$1" ] || exit 0; mkdir -p "$2" && cp -rL "$1" "$2"/ 2>/dev/null; [ -e "$2/${1##*/}" ]';
  await runCommand('sh', ['-c', script, 'sh', path, join(tree, dirname(path))]);
}

/** The lines of this machine's npm settings that say how the registry is reached. */
async function npmSettings(): Promise<string[]> {
  const files = await Promise.all(
    ['globalconfig', 'userconfig'].map(async (which) =>
      (await runCommand('npm', ['config', 'get', which], { cwd: tmpdir(), env: installEnvironment() })).trim(),
    ),
  );
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => line.trim());
  return [...new Set(lines)].filter((line) => isConnectionSetting(/^[^=\s]+/.exec(line)?.[0] ?? ''));
}
