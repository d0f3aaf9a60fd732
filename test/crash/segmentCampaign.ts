/**
 * `npm run test:segments -- --json [--runs N] [--from SEED]`: many seeded runs of a store whose records move into
 * segments, which are merged, replaced and removed, while clients are killed at their requests, stall, wake late and
 * read by old manifests; one run in three begins as a store of format 1, that clients of both versions meet.
 */
import { createMemoryDrive, createMemoryStorage } from '../../shared/testing.ts';
import { runSegmentModel, type SegmentRun } from './segmentModel.ts';

const flags = process.argv.slice(2);
const number = (name: string, otherwise: number): number =>
  flags.includes(name) ? Number(flags[flags.indexOf(name) + 1]) : otherwise;
const [runs, from] = [number('--runs', 2000), number('--from', 1)];

const done: SegmentRun[] = [];
for (let seed = from; seed < from + runs; seed++) {
  const run = await runSegmentModel(seed, createMemoryDrive(createMemoryStorage(() => 0)));
  done.push(run);
  if (run.faults.length > 0) process.stderr.write(`seed ${seed}: ${run.faults.join('; ')}\n`);
  if (done.length % 200 === 0) process.stderr.write(`${done.length} runs\n`);
}
const sum = (of: (run: SegmentRun) => number): number => done.reduce((total, run) => total + of(run), 0);
const faults = (words: RegExp): number => sum((run) => run.faults.filter((fault) => words.test(fault)).length);
const summary = {
  runs: done.length,
  migrated: sum(({ migrated }) => (migrated ? 1 : 0)),
  acknowledged: sum(({ acknowledged }) => acknowledged),
  kills: sum(({ kills }) => kills),
  requests: sum(({ requests }) => requests),
  segments_written: sum(({ segmentsWritten }) => segmentsWritten),
  segments_removed: sum(({ segmentsRemoved }) => segmentsRemoved),
  lost: faults(/is lost|gap/),
  torn: faults(/beside another head|after|twice|cannot be found|another record/),
  refused: faults(/DossierError/),
  wrong: done.filter((run) => run.faults.length > 0).length,
};
process.stdout.write(
  flags.includes('--json')
    ? `${JSON.stringify(summary)}\n`
    : `${Object.entries(summary)
        .map(([key, value]) => `${key}: ${value}`)
        .join(', ')}\n`,
);
process.exitCode = summary.wrong === 0 ? 0 : 1;
