/**
 * `npm run test:fresh`: the two commands of README.md, as a new user types them, on a machine that has nothing: a
 * minimal Debian 12, an empty home, empty caches, and the last commit as `git clone` gives it. Needs root.
 *
 * `--node 20|22` and `--user root|ordinary` choose one such machine, else there are two. `--start-only` leaves out
 * `npm test`. `--keep` leaves the tree. Results are lines of JSON on standard output, logs lie in build/fresh/.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root } from '../../.config/installing/environment.mjs';
import { progress, step } from '../../.config/installing/step.mjs';
import { companionNames } from '../deliveredNames.ts';
import { bootMachine, type Machine } from './machine.ts';
import { commandsOf } from './readme.ts';
import { type Account, accounts, cloneInto, makeTree, type NodeMajor } from './tree.ts';

interface Choice {
  readonly node: NodeMajor;
  readonly user: keyof typeof accounts;
}

const both: readonly Choice[] = [
  { node: '20', user: 'root' },
  { node: '22', user: 'ordinary' },
];
/** Where somebody might clone to; the ordinary account does so where a path is not plain. */
const places = {
  root: `${accounts.root.home}/dossier`,
  ordinary: `${accounts.ordinary.home}/Prüfung der Berichte/dossier`,
};

const options = {
  node: { type: 'string' },
  user: { type: 'string' },
  'start-only': { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  json: { type: 'boolean', default: true },
} as const;
const { values } = parseArgs({ options });

// The machine ends and its tree goes away also when somebody has seen enough.
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => reject(new Error(`Ended by ${signal}.`)));
});
interrupted.catch(() => {});

interface Place {
  readonly machine: Machine;
  readonly tree: string;
  readonly account: Account;
  readonly folder: string;
  readonly log: string;
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1000);

async function tryChoice({ node, user }: Choice): Promise<Record<string, unknown>> {
  const [start, test] = commandsOf(await readFile(join(root, 'README.md'), 'utf8')) as [string, string];
  const account = accounts[user];
  const log = join(root, 'build/fresh', `node-${node}-${user}.log`);
  await rm(log, { force: true });
  const tree = await step('Laying out a fresh machine', () => makeTree(node));
  await using machine = await bootMachine(tree, values.keep);
  const place: Place = { machine, tree, account, folder: places[user], log };
  await cloneInto(tree, place.folder, account);
  progress(`Everything that is said there: ${log}`);
  const result: Record<string, unknown> = { node: Number(node), user, start: 'failed' };
  const trial = async () => {
    result['start_s'] = await step(`First "${start}" with Node ${node} as ${account.name}`, () =>
      tryStart(place, start),
    );
    result['second_start_s'] = await step(`Second "${start}"`, () => tryStart(place, start));
    result['start'] = 'ok';
    if (!values['start-only']) Object.assign(result, await step(`"${test}"`, () => tryTest(place, test)));
  };
  await Promise.race([trial(), interrupted]).catch((error: unknown) => {
    result['error'] = error instanceof Error ? error.message : String(error);
    progress(String(result['error']));
  });
  return result;
}

/** Resolves with the seconds until everything runs; rejects unless what it says is so and it ends without a trace. */
async function tryStart({ machine, tree, account, folder, log }: Place, command: string): Promise<number> {
  const started = performance.now();
  const session = machine.run(account, folder, command, log);
  await session.line(/^Running until Ctrl-C/);
  const failure = session.tail().match(/^\S+ did not start\. [^]*/m)?.[0];
  if (failure) throw new Error(failure);
  const [, received] = await session.line(/^Report received\s+(.*?)\s*$/);
  const [, originals] = await session.line(/^\s+to attach\s+(.*?)\s*$/);
  const took = seconds(started);
  await compare(
    join(tree, String(received)),
    (originals as string).split('  ').map((path) => join(tree, path)),
  );
  for (const name of ['n8n', 'VS Code']) {
    const [, url] = await session.line(new RegExp(`^${name}\\s+(http\\S+)`));
    const { status } = await fetch(String(url));
    if (status !== 200) throw new Error(`${name} answers ${status} at ${url}.`);
  }
  session.interrupt();
  await session.ended;
  for (let wait = 0; wait < 20 && (await machine.processes()).length > 0; wait++) await sleep(100);
  const left = await machine.processes();
  if (left.length > 0) throw new Error(`After Ctrl-C these still run: ${left.join(', ')}`);
  return took;
}

/** The emulated Dropbox has each attachment as it was, and nothing that was not sent. */
async function compare(received: string, originals: readonly string[]): Promise<void> {
  const hash = async (path: string) =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  const names = originals.map((path) => path.slice(path.lastIndexOf('/') + 1));
  for (const [index, path] of originals.entries())
    if ((await hash(path)) !== (await hash(join(received, names[index] as string))))
      throw new Error(`${names[index]} did not arrive as it was sent.`);
  const others = (await readdir(received)).filter((name) => !names.includes(name)).sort();
  if (others.join() !== companionNames.join())
    throw new Error(`The report has these files beside the attachments: ${others.join(', ')}`);
}

async function tryTest({ machine, account, folder, log }: Place, command: string): Promise<Record<string, unknown>> {
  const started = performance.now();
  const session = machine.run(account, folder, command, log);
  const [, passed, failed] = await session.line(/^(\d+) passed, (\d+) failed\s*$/);
  const code = await session.ended;
  const good = failed === '0' && code === 0;
  return { test: good ? 'ok' : 'failed', passed: Number(passed), failed: Number(failed), test_s: seconds(started) };
}

const { node, user } = values;
const chosen = node || user ? [{ node: (node ?? '20') as NodeMajor, user: (user ?? 'root') as Choice['user'] }] : both;
if (chosen.some((it) => !['20', '22'].includes(it.node) || !(it.user in accounts)) || process.getuid?.() !== 0) {
  progress('Run it as root, with --node 20 or 22 and --user root or ordinary.');
  process.exit(2);
}
await mkdir(join(root, 'build/fresh'), { recursive: true });
for (const choice of chosen) {
  const result = await tryChoice(choice);
  console.log(JSON.stringify(result));
  if (String(result['error']).startsWith('Ended by ')) process.exit(1);
  const good = result['start'] === 'ok' && (values['start-only'] || result['test'] === 'ok');
  if (!good) process.exitCode = 1;
}
