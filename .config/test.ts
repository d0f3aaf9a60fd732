import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCosign } from '../test/hosts/cosign.ts';
import { ensureDebian } from '../test/hosts/debian.ts';
import { ensureHost } from '../test/hosts/install.ts';
import { guards } from './guards.ts';

/** `npm test`: everything, from installing what it needs to the real hosts. The last line counts. */
const root = new URL('..', import.meta.url).pathname;
const results = join(root, 'build/test-results');

/** What the tests need from the system, installed before the first of them so that no test waits for it. */
const debian = [
  'age',
  'apache2',
  'chromium',
  'ffmpeg',
  'fonts-dejavu-core',
  'fonts-liberation',
  'imagemagick',
  'lighttpd',
  'lighttpd-mod-webdav',
  'litmus',
  'nextcloud-desktop-cmd',
  'openssl',
  'php-cli',
  'php-sabre-dav',
  'postgresql',
  'rclone',
  'redis-server',
];
const hosts = ['n8n', 'code-server', 'nextcloud-upload'];

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

const stages: readonly Stage[] = [
  {
    name: 'core',
    folders: ['test/architecture', 'test/conformance', 'test/unit', 'test/crash', 'test/emulators'],
    workers: 2,
    retries: 0,
  },
  { name: 'hosts', folders: ['test/hosts', 'test/n8n', 'test/vscode'], workers: 1, retries: 2 },
];

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
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
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
  // A file that fails to load has no failed test, yet the run has failed.
  count(name, outcome.numPassedTests, Math.max(outcome.numFailedTests, code === 0 ? 0 : 1), started);
}

await rm(results, { recursive: true, force: true });
await mkdir(results, { recursive: true });

const started = Date.now();
await ensureDebian(debian);
await ensureCosign();
for (const host of hosts) await ensureHost(host);
count('preparation', 0, 0, started);

const packaging = Date.now();
const packaged = (await run('.config/package.ts', [])) === 0;
count('packages', packaged ? 1 : 0, packaged ? 0 : 1, packaging);

for (const guard of guards) {
  const begun = Date.now();
  const findings = await guard.tree();
  for (const line of findings) console.log(`   ${line}`);
  count(`guard: ${guard.name}`, findings.length === 0 ? 1 : 0, findings.length === 0 ? 0 : 1, begun);
}

for (const stage of stages) await runStage(stage);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
