/**
 * Many seeded schedules of two windows and one worker on one outbox, with kills, stalls, clock jumps and lost answers:
 * `npm run test:outbox -- --json [--runs N] [--seed N]`; a seed alone replays one schedule and tells all of it.
 */
import { type OutboxRun, runOutboxModel } from './outboxModel.ts';

const flags = process.argv.slice(2);
const number = (name: string): number | undefined =>
  flags.includes(name) ? Number(flags[flags.indexOf(name) + 1]) : undefined;
const only = number('--seed');
const seeds = only === undefined ? Array.from({ length: number('--runs') ?? 1000 }, (_, index) => index + 1) : [only];

const runs: OutboxRun[] = [];
for (const seed of seeds) {
  const run = await runOutboxModel(seed);
  runs.push(run);
  if (isWrong(run) || run.litter.length > 0 || only !== undefined) process.stderr.write(`${JSON.stringify(run)}\n`);
  if (runs.length % 100 === 0)
    process.stderr.write(`${runs.length} of ${seeds.length} schedules, ${runs.filter(isWrong).length} wrong\n`);
}
const sum = (of: (run: OutboxRun) => number): number => runs.reduce((total, run) => total + of(run), 0);
const summary = {
  schedules: runs.length,
  requests: sum(({ requests }) => requests),
  kills: sum(({ kills }) => kills),
  committed_twice: runs.filter(({ twice }) => twice.length > 0).length,
  lost: runs.filter(({ lost }) => lost.length > 0).length,
  litter: runs.filter(({ litter }) => litter.length > 0).length,
};
const text = Object.entries(summary)
  .map(([key, value]) => `${key.replace('_', ' ')}: ${value}`)
  .join(', ');
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(summary)}\n` : `${text}\n`);
process.exitCode = runs.some(isWrong) ? 1 : 0;

function isWrong({ twice, lost }: OutboxRun): boolean {
  return twice.length + lost.length > 0;
}
