/**
 * `npm run test:hostile -- [--json] [--only PART] [--every N]`: goes through every attack of the hostile server and
 * tells what came of it.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { goodNames } from '../emulators/webdav/attack.ts';
import { type Ended, visit } from './hostileClient.ts';
import type { HostileCase, HostilePlace, HostileVerdict, Question } from './hostileServers.ts';

interface HostileResult {
  readonly cases: number;
  /** Paths and addresses outside of what was asked for that the product would have used. */
  readonly escapes: number;
  /** Secrets told to the wrong party. */
  readonly leaks: number;
  /** Operations that did not end. */
  readonly hangs: number;
  /** Refused what it must take, or took what it must refuse. */
  readonly wrong: number;
  readonly peak_rss_mb: number;
  readonly details: readonly string[];
}

/**
 * Milliseconds until an operation must have ended, and until it must have ended after it was aborted. Endless trees end
 * only by being aborted.
 */
const longest = 10_000;
const walkLongest = 2_000;
const afterAbort = 2_000;
const lanes = 2;
/** Refused although only one entry is bad, on purpose: nobody has an address of two million characters. */
const tooMuchToSkip = new Set(['href-longest']);

async function runHostile(pick: (attack: string, index: number) => boolean): Promise<HostileResult> {
  const servers = startServers();
  try {
    const cases = ((await servers.ask({ ask: 'cases' })) as HostileCase[]).filter(({ attack }, index) =>
      pick(attack, index),
    );
    const found = { escapes: 0, leaks: 0, hangs: 0, wrong: 0 };
    const details: string[] = [];
    let next = 0;
    const lane = async () => {
      for (let each = cases[next++]; each; each = cases[next++]) {
        const problems = await runCase(each, servers);
        for (const [kind, what] of problems) {
          found[kind]++;
          details.push(`${each.attack}: ${kind}: ${what}`);
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return { cases: cases.length, ...found, peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024), details };
  } finally {
    servers.stop();
  }
}

type Problem = readonly ['escapes' | 'leaks' | 'hangs' | 'wrong', string];

async function runCase(each: HostileCase, servers: Servers): Promise<Problem[]> {
  const place = (await servers.ask({ ask: 'start', attack: each.attack })) as HostilePlace;
  const abort = new AbortController();
  const ended = visit(each.operation, place, abort.signal);
  const bound = each.operation === 'walk' ? walkLongest : longest;
  let outcome = await within(ended, bound);
  const late = outcome === undefined;
  if (outcome === undefined) {
    abort.abort();
    outcome = await within(ended, afterAbort);
  }
  const verdict = (await servers.ask({ ask: 'finish', url: place.url })) as HostileVerdict;
  if (outcome === undefined || (late && each.operation !== 'walk')) return [['hangs', `${each.operation} did not end`]];
  return [
    ...outcome.escapes.map((path): Problem => ['escapes', path.slice(0, 100)]),
    ...verdict.contacts.map((contact): Problem => ['escapes', `went to a stranger: ${contact}`]),
    ...[...outcome.leaks, ...verdict.leaks].map((leak): Problem => ['leaks', leak]),
    ...wrongly(each, outcome).map((what): Problem => ['wrong', what]),
  ];
}

/** What a careful client does, by the attack's own word for it. */
function wrongly({ attack, operation, outcome, name }: HostileCase, { names, error }: Ended): string[] {
  const seen = new Set(names);
  if (outcome === 'refuse') return error === undefined ? ['believed it'] : [];
  if (outcome !== 'skip' && outcome !== 'keep') return [];
  if (error !== undefined) return tooMuchToSkip.has(attack) ? [] : [`refused with ${error}`];
  if (operation !== 'list') return [];
  const missing = [...goodNames, ...(name === undefined ? [] : [name])].filter((good) => !seen.has(good));
  const more = outcome === 'skip' ? names.filter((each) => !goodNames.some((good) => good === each)) : [];
  return [...missing.map((each) => `left out ${each}`), ...more.map((each) => `listed ${each.slice(0, 60)}`)];
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const stop = new AbortController();
  const late = sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}

interface Servers {
  ask(question: { ask: 'cases' } | { ask: 'start'; attack: string } | { ask: 'finish'; url: string }): Promise<unknown>;
  stop(): void;
}

function startServers(): Servers {
  const child: ChildProcess = fork(join(import.meta.dirname, 'hostileServers.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const asked of waiting.values()) asked.reject(new Error(`the hostile servers ended with ${code}`));
  });
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve, reject });
        child.send({ id, ...question } satisfies Question);
      }),
    stop: () => void child.kill('SIGKILL'),
  };
}

const memoryLimitMb = 256;
/**
 * Without a small heap, V8 keeps garbage that it could free, and the figure would say nothing about what the product
 * needs.
 */
const smallHeap = ['--max-old-space-size=96', '--max-semi-space-size=4'];

async function main(args: readonly string[]): Promise<void> {
  if (process.execArgv.length === 0) {
    process.exitCode =
      spawnSync(process.execPath, [...smallHeap, import.meta.filename, ...args], { stdio: 'inherit' }).status ?? 1;
    return;
  }
  const value = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const [only = '', every = '1'] = [value('--only'), value('--every')];
  const { details, ...result } = await runHostile(
    (attack, index) => attack.includes(only) && index % Number(every) === 0,
  );
  for (const detail of details) process.stderr.write(`${detail}\n`);
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(result)}\n`);
  else
    process.stdout.write(
      `${Object.entries(result)
        .map(([what, count]) => `${what} ${count}`)
        .join(', ')}\n`,
    );
  const bad = result.escapes + result.leaks + result.hangs + result.wrong;
  const whole = only === '' && every === '1';
  process.exitCode = bad > 0 || result.peak_rss_mb >= memoryLimitMb || (whole && result.cases < 300) ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
