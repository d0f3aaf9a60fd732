// `node .config/bootstrap.mjs FILE.ts [ARGUMENTS]`: runs a TypeScript file of this repository on a machine
// that has any Node >= 20 and npm, and nothing else of ours. It sees to it that node_modules fits the lock
// file, then runs the file on the Node 24 that lies in node_modules. Without arguments it only prepares.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const bin = join(root, 'node_modules', '.bin');
const node24 = join(bin, 'node');
const [script, ...args] = process.argv.slice(2);

if (!isReady()) prepare();
if (script !== undefined) run(script);

/** npm writes node_modules/.package-lock.json last, so an installation that was killed has none. */
function isReady() {
  const locked = packagesIn(join(root, 'package-lock.json'));
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  return (
    Object.entries(locked).every(([path, entry]) => path === '' || isSame(entry, installed[path])) &&
    Object.keys(installed).every((path) => path in locked) &&
    spawnSync(node24, ['--version']).stdout?.toString().startsWith('v24.') === true
  );
}

/** Packages for other platforms are in the lock file and not in node_modules. */
function isSame(locked, installed) {
  if (installed === undefined) return locked.optional === true;
  return locked.version === installed.version && locked.integrity === installed.integrity;
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Two commands started at once install once: the second waits for the lock and then finds all ready. */
function prepare() {
  if (process.env.DOSSIER_PREPARING !== root) {
    const lock = join(tmpdir(), `dossier-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`);
    orExit(
      spawnSync('flock', [lock, process.execPath, import.meta.filename ?? process.argv[1]], {
        stdio: 'inherit',
        env: { ...process.env, DOSSIER_PREPARING: root },
      }),
    );
    return;
  }
  npm(
    'Installing the development dependencies',
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  );
  npm('Installing Node 24', 'rebuild', 'node', '--ignore-scripts=false', '--loglevel=error');
}

function npm(step, ...command) {
  const started = performance.now();
  process.stderr.write(`${step} ...\n`);
  orExit(spawnSync('npm', command, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }));
  process.stderr.write(`${step}: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

function orExit({ error, status, signal }) {
  if (error) process.stderr.write(`${error.message}. npm and flock (Debian: npm, util-linux) must be on the PATH.\n`);
  if (error || status !== 0) process.exit(exitCode(status, signal));
}

function run(file) {
  const child = spawn(node24, [file, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => process.exit(exitCode(status, signal)));
}

function exitCode(status, signal) {
  return status ?? (signal ? 128 + constants.signals[signal] : 1);
}
