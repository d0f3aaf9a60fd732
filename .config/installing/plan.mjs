// What a command is going to install on this machine: its parts, how large they are and about how long they take.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs, { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './environment.mjs';

/**
 * @typedef {object} Needs
 * @property {readonly string[]} debian Packages that the command itself needs of the system.
 * @property {readonly string[]} hosts Folders of test/hosts that are installed, with the Debian packages they name.
 * @property {number} steps How many steps follow when all is installed.
 * @property {Record<string, number>} [hostSteps] How many of them are left out with a host.
 */

/** @type {Record<string, Needs>} */
export const commands = {
  'test/hosts/start.ts': {
    debian: ['ffmpeg'],
    hosts: ['n8n', 'code-server'],
    steps: 8,
    hostSteps: { 'n8n': 3, 'code-server': 1 },
  },
  '.config/test.ts': {
    debian: [
      ...['age', 'apache2', 'ca-certificates', 'chromium', 'debian-archive-keyring', 'ffmpeg', 'fonts-dejavu-core'],
      ...['fonts-liberation', 'imagemagick', 'libimage-exiftool-perl', 'lighttpd', 'lighttpd-mod-webdav', 'litmus'],
      ...['microsocks', 'nextcloud-desktop-cmd', 'openssl', 'php-cli', 'php-sabre-dav', 'postgresql', 'rclone'],
      ...['redis-server', 'rhash', 'tinyproxy-bin', 'unzip'],
    ],
    hosts: ['n8n', 'code-server', 'nextcloud-upload', 'ro-crate'],
    steps: 0,
  },
};

/** Measured on 2 cores; the time is told as "about". */
/** @type {Record<string, { gigabytes: number, minutes: number, steps: number }>} */
const sizes = {
  'development dependencies': { gigabytes: 0.6, minutes: 0.5, steps: 1 },
  'Node 24': { gigabytes: 0.2, minutes: 0.2, steps: 1 },
  'Debian packages': { gigabytes: 0.9, minutes: 2, steps: 1 },
  'npm': { gigabytes: 0.1, minutes: 0.1, steps: 1 },
  'n8n': { gigabytes: 2.7, minutes: 4, steps: 2 },
  'code-server': { gigabytes: 0.7, minutes: 2, steps: 2 },
  'nextcloud-upload': { gigabytes: 0.1, minutes: 0.2, steps: 1 },
  'ro-crate': { gigabytes: 0.1, minutes: 0.2, steps: 1 },
};
const unmeasured = { gigabytes: 0.5, minutes: 1, steps: 1 };

/**
 * The Debian packages of a command, with those that its hosts are compiled with.
 *
 * @param {Needs} needs
 * @returns {string[]}
 */
export function debianPackages({ debian, hosts }) {
  return [...new Set([...debian, ...hosts.flatMap((host) => recipe(host).debian)])];
}

/**
 * What a host's package.json says about its installation besides its dependencies: the Debian packages that its native
 * modules are compiled with, and the packages whose install scripts it needs.
 *
 * @param {string} host
 * @returns {{ debian: string[], rebuild: string[] }}
 */
export function recipe(host) {
  return JSON.parse(readFileSync(join(root, 'test/hosts', host, 'package.json'), 'utf8')).dossier;
}

/**
 * Where a host lies in the cache: it is another one as soon as its lock file or its recipe changes.
 *
 * @param {string} host
 * @returns {string}
 */
export function hostFolder(host) {
  const lock = readFileSync(join(root, 'test/hosts', host, 'package-lock.json'));
  const key = createHash('sha256')
    .update(lock)
    .update(JSON.stringify(recipe(host)))
    .digest('hex')
    .slice(0, 16);
  return join('hosts', `${host}-${key}`);
}

/**
 * What is missing of what a command needs.
 *
 * @param {Needs} needs
 * @param {string} cache
 * @returns {{ name: string, folder: string, gigabytes: number, minutes: number, steps: number }[]}
 */
export function missingParts(needs, cache) {
  const debian = missingDebian(debianPackages(needs)).length > 0;
  const absent = (/** @type {string} */ host) => !existsSync(join(cache, hostFolder(host)));
  const wanted = needs.hosts.filter(absent);
  // An npm of our own installs the others.
  const hosts = wanted.length > 0 && absent('npm') ? ['npm', ...wanted] : wanted;
  const parts = [
    ...(hasDependencies() ? [] : [{ name: 'development dependencies', folder: root }]),
    ...(hasNode24() ? [] : [{ name: 'Node 24', folder: root }]),
    ...(debian ? [{ name: 'Debian packages', folder: '/' }] : []),
    ...hosts.map((name) => ({ name, folder: cache })),
  ];
  return parts.map((part) => ({ ...part, ...(sizes[part.name] ?? unmeasured) }));
}

/**
 * The parts in one sentence.
 *
 * @param {ReturnType<typeof missingParts>} parts
 * @returns {string}
 */
export function describeParts(parts) {
  const sum = (/** @type {'gigabytes' | 'minutes'} */ what) => parts.reduce((total, part) => total + part[what], 0);
  const named = parts.map(({ name, gigabytes }) => `${name} (${gigabytes} GB)`).join(', ');
  return `To be installed: ${named}. That is ${sum('gigabytes').toFixed(1)} GB and takes about ${Math.ceil(sum('minutes'))} min.`;
}

/**
 * The first file system that is too small for what is put there, in a sentence.
 *
 * @param {ReturnType<typeof missingParts>} parts
 * @param {(folder: string) => number} freeBytes
 * @returns {string | undefined}
 */
export function lackOfSpace(parts, freeBytes = free) {
  /** @type {Map<number, { folder: string, gigabytes: number }>} */
  const devices = new Map();
  for (const { folder, gigabytes } of parts) {
    mkdirSync(folder, { recursive: true });
    const { dev } = statSync(folder);
    const before = devices.get(dev) ?? { folder, gigabytes: 0 };
    devices.set(dev, { ...before, gigabytes: before.gigabytes + gigabytes });
  }
  for (const { folder, gigabytes } of devices.values()) {
    const there = freeBytes(folder) / 1e9;
    if (there < gigabytes)
      return `${gigabytes.toFixed(1)} GB are needed in ${folder} and ${there.toFixed(1)} GB are free. Make room, or name a folder on a larger disk in DOSSIER_CACHE, and start again.`;
  }
  return undefined;
}

/**
 * Not imported by name, because the oldest Node that must be able to read this file does not have it.
 *
 * @param {string} folder
 */
function free(folder) {
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}

/** npm writes node_modules/.package-lock.json last, so an installation that was killed has none. */
export function hasDependencies(folder = root) {
  const locked = packagesIn(join(folder, 'package-lock.json'));
  const installed = packagesIn(join(folder, 'node_modules', '.package-lock.json'));
  return (
    Object.entries(locked).every(([path, entry]) => path === '' || isSame(entry, installed[path])) &&
    Object.keys(installed).every((path) => path in locked || nodeDistribution.test(path))
  );
}

/** Older npms put what the package `node` installs beside it and not into it. */
const nodeDistribution = /^node_modules\/node-(bin-)?[a-z]+-[a-z0-9]+$/;

/** The program, and the headers that native modules are compiled with: npm takes these away when it tidies up. */
export function hasNode24(folder = root) {
  const program = join(folder, 'node_modules', 'node', 'bin', 'node');
  return (
    nodeHeaders(folder) !== undefined &&
    spawnSync(program, ['--version']).stdout?.toString().startsWith('v24.') === true
  );
}

/**
 * The folder of Node 24 that holds `include/node`.
 *
 * @returns {string | undefined}
 */
export function nodeHeaders(folder = root) {
  try {
    const resolve = createRequire(join(folder, 'node_modules', 'node', 'package.json')).resolve;
    const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
    const distribution = dirname(resolve(`${prefix}-${process.platform}-${process.arch}/package.json`));
    return existsSync(join(distribution, 'include', 'node', 'node.h')) ? distribution : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Packages for other platforms are in the lock file and not in node_modules.
 *
 * @param {{ version: string, integrity: string, optional?: boolean }} locked
 * @param {{ version: string, integrity: string } | undefined} installed
 */
function isSame(locked, installed) {
  if (installed === undefined) return locked.optional === true;
  return locked.version === installed.version && locked.integrity === installed.integrity;
}

/** @param {string} lockFile */
function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return {};
    throw error;
  }
}

/**
 * dpkg-query lists the known ones of the names it is given; where there is no dpkg, all are missing.
 *
 * @param {readonly string[]} packages
 * @returns {string[]}
 */
export function missingDebian(packages) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\\n', ...packages]);
  const installed = new Set((query.stdout ?? '').toString().split('\n'));
  return packages.filter((name) => !installed.has(`installed ${name}`));
}
