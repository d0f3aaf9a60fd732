import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ensureCosign } from '../test/hosts/cosign.ts';
import { ensureDebian } from '../test/hosts/debian.ts';
import { ensureHost } from '../test/hosts/install.ts';
import { type Assertion, conformanceTables } from './conformance.ts';
import { guards } from './guards.ts';
import { commands, debianPackages, type Needs } from './installing/plan.mjs';

/** `npm test`: everything, from installing what it needs to the real hosts. The last line counts. */
const root = join(import.meta.dirname, '..');
const results = join(root, 'build/test-results');

interface Stage {
  readonly name: string;
  readonly folders: readonly string[];
  /** Real hosts take a core each: one test file at a time. */
  readonly workers: number;
  /**
   * Times a failed test is tried again: a browser that drives an editor on a busy machine misses a key now and then.
   */
  readonly retries: number;
}

/** What needs nothing of the system. */
const plain: Stage = { name: 'plain', folders: ['test/architecture', 'test/unit'], workers: 2, retries: 0 };

const stages: readonly Stage[] = [
  {
    name: 'core',
    folders: ['test/architecture', 'test/conformance', 'test/unit', 'test/crash', 'test/emulators'],
    workers: 2,
    retries: 0,
  },
  { name: 'hosts', folders: ['test/hosts', 'test/n8n', 'test/vscode'], workers: 1, retries: 2 },
];

const began = Date.now();
let passed = 0;
let failed = 0;

function count(name: string, good: number, bad: number, started: number): void {
  passed += good;
  failed += bad;
  console.log(`== ${name}: ${good} passed, ${bad} failed in ${Math.round((Date.now() - started) / 1000)} s`);
}

function run(file: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    spawn(process.execPath, [file, ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NO_COLOR: '1' },
    }).on('exit', (code) => resolve(code ?? 1));
  });
}

/** Of what vitest writes, what is read. */
interface Outcome {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    /** The path of the file. */
    readonly name: string;
    /** Milliseconds. */
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly (Assertion & {
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    })[];
  }[];
}

/** A test that needed another try says why: behind it may be a defect that only slowness shows. */
function tellRetried({ testResults }: Outcome): void {
  const retried = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0);
  for (const { fullName, failureMessages } of retried)
    console.log(`   not at the first try: ${fullName}\n${failureMessages.join('\n').replaceAll(/^/gm, '      ')}`);
}

/** How long the files of each folder took, added up: with two workers twice what the clock shows. */
function tellFolders({ testResults }: Outcome): void {
  const spent = new Map<string, number>();
  for (const { name, startTime, endTime } of testResults) {
    const folder = relative(root, name).split('/').slice(0, 2).join('/');
    spent.set(folder, (spent.get(folder) ?? 0) + endTime - startTime);
  }
  for (const [folder, milliseconds] of spent) console.log(`   ${folder}: ${Math.round(milliseconds / 1000)} s`);
}

async function runStage({ name, folders, workers, retries }: Stage): Promise<void> {
  const started = Date.now();
  const report = join(results, `${name}.json`);
  const code = await run('node_modules/vitest/vitest.mjs', [
    'run',
    '--config',
    '.config/vitest.config.ts',
    `--maxWorkers=${workers}`,
    `--retry=${retries}`,
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...folders,
  ]);
  const outcome = await readFile(report, 'utf8').then(
    (text) => JSON.parse(text) as Outcome,
    () => undefined,
  );
  if (!outcome) return count(name, 0, 1, started);
  tellRetried(outcome);
  tellFolders(outcome);
  const tables = conformanceTables(outcome.testResults.flatMap(({ assertionResults }) => assertionResults));
  if (tables !== '') await writeFile(join(root, 'build/conformance.md'), tables);
  // A file that fails to load has no failed test, yet the run has failed.
  count(name, outcome.numPassedTests, Math.max(outcome.numFailedTests, code === 0 ? 0 : 1), started);
}

await rm(results, { recursive: true, force: true });
await mkdir(results, { recursive: true });

/** Installs a part ahead of the tests, so that no test waits for it; without it the others run all the same. */
async function prepare(name: string, install: () => Promise<unknown>): Promise<boolean> {
  const started = Date.now();
  const error: unknown = await install().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined) console.log(error instanceof Error ? error.message : error);
  count(`preparing ${name}`, 0, error === undefined ? 0 : 1, started);
  return error === undefined;
}

const needs = commands['.config/test.ts'] as Needs;
const onDebian = await prepare('Debian packages', () => ensureDebian(debianPackages(needs)));
if (onDebian) {
  await prepare('cosign', ensureCosign);
  for (const host of needs.hosts) await prepare(host, () => ensureHost(host));
}

const packaging = Date.now();
const packaged = (await run('.config/package.ts', [])) === 0;
count('packages', packaged ? 1 : 0, packaged ? 0 : 1, packaging);

for (const guard of guards) {
  const begun = Date.now();
  const findings = await guard.tree();
  for (const line of findings) console.log(`   ${line}`);
  count(`guard: ${guard.name}`, findings.length === 0 ? 1 : 0, findings.length === 0 ? 0 : 1, begun);
}

for (const stage of onDebian ? stages : [plain]) await runStage(stage);

console.log(`== all in ${Math.round((Date.now() - began) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
