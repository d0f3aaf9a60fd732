/**
 * Single places of the product are written otherwise, one at a time, and the tests of the place have to notice:
 * `npm run test:mutants -- [--count=N] [--seed=S] [--area=report] [--json]`. A sample of N, the same for a seed; those
 * that nobody noticed are named.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seeded } from '../support/seeded.ts';
import { testsOf } from './areas.ts';
import { type Mutant, mutantsOf } from './mutate.ts';

/** Milliseconds for the tests of one mutant: what does not end is noticed. */
const patience = 240_000;

const root = join(import.meta.dirname, '..', '..');
const shared = join(root, 'shared');
const flags = process.argv.slice(2);
const option = (name: string) => flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
const count = Number(option('count') ?? 60);
const seed = option('seed') ?? '1';
const area = option('area') ?? '';

type Fate = 'killed' | 'survived' | 'endless';

/** Runs the tests beside one mutant, or beside none. */
function fateOf(mutant: Mutant | undefined, tests: readonly string[]): Promise<Fate> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const child = spawn(process.execPath, [vitest, 'run', '--config', config, ...tests], {
    cwd: root,
    env: { ...process.env, DOSSIER_MUTANT: JSON.stringify(mutant ?? {}) },
    stdio: 'ignore',
    detached: true,
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      process.kill(-(child.pid as number), 'SIGKILL');
      resolve('endless');
    }, patience);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? 'survived' : 'killed');
    });
  });
}

/** As many of each file as it has its share of all, in an order that the seed gives. */
async function sample(): Promise<Mutant[]> {
  const files = globSync('**/*.ts', { cwd: shared }).filter(
    (file) => testsOf(file) !== undefined && file.startsWith(area),
  );
  const random = seeded(`mutants ${seed}`);
  const all = await Promise.all(
    files.sort().map(async (file) => mutantsOf(file, await readFile(join(shared, file), 'utf8'))),
  );
  return all
    .flat()
    .map((mutant) => ({ mutant, place: random() }))
    .sort((one, other) => one.place - other.place)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

const chosen = await sample();
const groups = new Map(chosen.map(({ file }) => [testsOf(file)!.join(' '), testsOf(file)!]));
for (const tests of groups.values()) {
  if ((await fateOf(undefined, tests)) === 'survived') continue;
  process.stderr.write(`These fail without any mutant: ${tests.join(' ')}\n`);
  process.exit(2);
}
const survivors: Mutant[] = [];
for (const [index, mutant] of chosen.entries()) {
  const fate = await fateOf(mutant, testsOf(mutant.file)!);
  const { file, line, from, to } = mutant;
  if (fate === 'survived') survivors.push(mutant);
  process.stderr.write(`${index + 1}/${chosen.length} ${fate}: shared/${file}:${line} ${from} -> ${to}\n`);
}
const killed = chosen.length - survivors.length;
const verdict = {
  mutants: chosen.length,
  killed,
  score: chosen.length === 0 ? 0 : Math.round((killed / chosen.length) * 1000) / 1000,
  survivors: survivors.map(({ file, line, from, to }) => ({ file: `shared/${file}`, line, from, to })),
};
process.stdout.write(
  flags.includes('--json')
    ? `${JSON.stringify(verdict)}\n`
    : `${killed} of ${verdict.mutants} noticed, score ${verdict.score}\n`,
);
