// `node .config/bootstrap.mjs FILE.ts [ARGUMENTS]`: runs a TypeScript file of this repository on a machine
// that has any Node >= 20 and npm, and nothing else of ours. It sees to it that node_modules fits the lock
// file, then runs the file on the Node 24 that lies in node_modules. Without arguments it only prepares.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ci, cleanEnvironment, rebuild, root } from './installing/environment.mjs';
import { describeFailure } from './installing/failure.mjs';
import { commands, describeParts, hasDependencies, hasNode24, lackOfSpace, missingParts } from './installing/plan.mjs';
import { planSteps, progress, skipSteps, step, stepEnvironment } from './installing/step.mjs';

const oldest = 20;
const tailLength = 4000;
const bin = join(root, 'node_modules', '.bin');
const node24 = join(bin, 'node');
const [script, ...args] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < oldest)
  leave(`Dossier needs Node ${oldest} or newer; this is Node ${process.versions.node}. Install one from nodejs.org.`);
const env = cleanEnvironment(process.env);

if (process.env.DOSSIER_PREPARING === root) {
  // Whoever started us waits to hear that the lock is held.
  process.stdout.write('\n');
  await prepare();
} else {
  if (script in commands) {
    env.npm_config_globalconfig ??= globalConfig();
    announce(needsOf(commands[script]));
  }
  const steps = Number(!hasDependencies()) + Number(!hasNode24());
  if (steps > 0) {
    await prepareAlone();
    skipSteps(steps);
  }
  if (script !== undefined) run(script);
}

/** npm looks for it beside the Node that runs it, and hosts are installed on another; where npm started us, it says so. */
function globalConfig() {
  return (
    spawnSync('npm', ['config', 'get', 'globalconfig'], { env, cwd: tmpdir() }).stdout?.toString().trim() || undefined
  );
}

/** `--only` names one of the two products. */
function needsOf(needs) {
  const leftOut = { n8n: 'code-server', vscode: 'n8n' }[/--only[ =](\S+)/.exec(args.join(' '))?.[1]];
  const hosts = needs.hosts.filter((host) => host !== leftOut);
  return { ...needs, hosts, steps: needs.steps - (needs.hostSteps?.[leftOut] ?? 0) };
}

function announce(needs) {
  const parts = missingParts(needs, env.DOSSIER_CACHE);
  planSteps(parts.reduce((sum, { steps }) => sum + steps, needs.steps));
  if (parts.length === 0) return;
  progress(describeParts(parts));
  if (env.DOSSIER_CACHE.startsWith(join(root, 'build', 'cache')))
    progress(`The home cannot be written, so hosts are kept in ${env.DOSSIER_CACHE}.`);
  const lack = lackOfSpace(parts);
  if (lack) leave(lack);
}

/** Two commands started at once install once: the second waits for the lock and then finds all ready. */
async function prepareAlone() {
  const name = `dossier-${process.getuid?.()}-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`;
  const again = [process.execPath, fileURLToPath(import.meta.url)];
  const waiting = setTimeout(() => progress('Waiting for another command that installs in this clone ...'), 1_000);
  const preparing = { ...env, ...stepEnvironment(), DOSSIER_PREPARING: root };
  const { error, status, signal } = await end(
    'flock',
    [join(tmpdir(), name), ...again],
    { env: preparing, stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    (child) => child.stdout.once('data', () => clearTimeout(waiting)),
  );
  clearTimeout(waiting);
  // Without util-linux there is no lock, and nothing else that keeps this from going on.
  if (error?.code === 'ENOENT') await prepare();
  else if (error || status !== 0) process.exit(exitCode(status, signal));
}

async function prepare() {
  if (!hasDependencies()) await npm('Installing the development dependencies', ci(root));
  if (!hasNode24()) await npm('Installing Node 24', rebuild(root, ['node']));
}

async function npm(name, command) {
  let said = '';
  await step(name, async () => {
    const { error, status } = await end(
      'npm',
      command,
      { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] },
      (child) => child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-tailLength))),
    );
    if (error) leave(`${name} failed: npm must be on the PATH (Debian: apt-get install npm). ${error.message}`);
    if (status !== 0) leave(describeFailure(name, 'npm', said));
  });
}

/** Runs a program to its end; what ends us ends it, and with `detached` all that it has started. */
function end(program, command, options, started = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(program, command, options);
    const kill = (signal) => {
      if (options.detached) process.kill(-child.pid, signal);
      else child.kill(signal);
      process.exit(exitCode(null, signal));
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, kill);
    const ended = (outcome) => {
      for (const signal of signals) process.off(signal, kill);
      resolve(outcome);
    };
    child.on('error', (error) => ended({ error, status: null, signal: null }));
    child.on('close', (status, signal) => ended({ status, signal }));
    if (child.pid !== undefined) started(child);
  });
}

function run(file) {
  const child = spawn(node24, [file, ...args], {
    stdio: 'inherit',
    env: { ...env, ...stepEnvironment(), PATH: [bin, env.PATH].join(delimiter) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => process.exit(exitCode(status, signal)));
}

function leave(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function exitCode(status, signal) {
  return status ?? (signal ? 128 + constants.signals[signal] : 1);
}
