/**
 * Random histories of a linked folder on the Dropbox and the Nextcloud emulator: after each, the ledger has exactly the
 * assets and versions that there were.
 * `npm run test:links -- [--histories=N] [--from=SEED] [--world=NAME] [--json]`. A history that fails is named with its
 * faults and runs again with
 * `--world=NAME --from=SEED --histories=1`.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runLinkHistory } from './linkHistory.ts';
import { type Fault, faultKinds } from './linkVerdict.ts';
import { linkWorlds } from './linkWorlds.ts';

interface WorldFigures {
  readonly histories: number;
  readonly operations: number;
  readonly notices: number;
  readonly walks: number;
  readonly partial: number;
  readonly kills: number;
  readonly versions: number;
  readonly faults: readonly Fault['kind'][];
}

const flags = process.argv.slice(2);
const option = (name: string) => flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
const histories = Number(option('histories') ?? 500);
const first = Number(option('from') ?? 1);

async function runWorld(name: keyof typeof linkWorlds): Promise<WorldFigures> {
  const figures = {
    histories: 0,
    operations: 0,
    notices: 0,
    walks: 0,
    partial: 0,
    kills: 0,
    versions: 0,
    faults: [] as Fault['kind'][],
  };
  const world = await linkWorlds[name]();
  try {
    for (let seed = first; seed < first + histories; seed++) {
      const verdict = await runLinkHistory(seed, await world.fresh());
      figures.histories++;
      for (const each of ['operations', 'notices', 'walks', 'partial', 'kills', 'versions'] as const)
        figures[each] += verdict[each];
      figures.faults.push(...verdict.faults.map(({ kind }) => kind));
      if (verdict.faults.length > 0)
        process.stderr.write(
          `${name}, seed ${seed}:\n${verdict.faults.map(({ kind, sentence }) => `  ${kind}: ${sentence}\n`).join('')}`,
        );
      if (figures.histories % 50 === 0) process.stderr.write(`${name}: ${figures.histories} of ${histories}\n`);
    }
  } finally {
    await world.close();
  }
  return figures;
}

/** Each world in a process of its own, so that they run beside each other. */
async function runApart(name: string): Promise<WorldFigures> {
  const child = promisify(execFile)(
    process.execPath,
    ['--no-warnings', import.meta.filename, ...flags, `--world=${name}`, '--figures'],
    { maxBuffer: 1e8 },
  );
  child.child.stderr?.pipe(process.stderr);
  return JSON.parse((await child).stdout) as WorldFigures;
}

const world = option('world');
if (flags.includes('--figures')) process.stdout.write(JSON.stringify(await runWorld(world as keyof typeof linkWorlds)));
else {
  const started = performance.now();
  const names = world === undefined ? ['dropbox', 'nextcloud'] : [world];
  const figures = await Promise.all(names.map(runApart));
  const sum = (of: (each: WorldFigures) => number) => figures.reduce((total, each) => total + of(each), 0);
  const verdict = {
    histories: Math.min(...figures.map((each) => each.histories)),
    ...Object.fromEntries(
      faultKinds.map((kind) => [kind, sum(({ faults }) => faults.filter((fault) => fault === kind).length)]),
    ),
  };
  const walked = (['operations', 'notices', 'walks', 'partial', 'kills', 'versions'] as const).map(
    (each) => `${sum((one) => one[each])} ${each === 'partial' ? 'walks in part' : each}`,
  );
  process.stderr.write(
    `Each history on ${names.join(' and ')}: ${walked.join(', ')}, ${Math.round((performance.now() - started) / 1000)} s\n`,
  );
  process.stdout.write(
    flags.includes('--json')
      ? `${JSON.stringify(verdict)}\n`
      : `${Object.entries(verdict)
          .map(([key, value]) => `${key.replace('_', ' ')}: ${value}`)
          .join(', ')}\n`,
  );
  process.exitCode = verdict.histories === histories && sum(({ faults }) => faults.length) === 0 ? 0 : 1;
}
