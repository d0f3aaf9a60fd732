/**
 * The fault campaign: a report of three files, and at every one of its requests each of 14 faults, and at every
 * request that it strikes each of the odd answers of honest servers (`oddAnswers.ts`), once passing and once lasting
 * until the sending gives up. `npm run test:faults -- dropbox|nextcloud|nextcloud-local|nextcloud-s3v2|webdav
 * [--json] [--share 1/3] [--only NAME]`
 */
import { allCases, countRequests, type Verdict } from './faultCampaign.ts';
import { faultTarget, targetNames } from './faultTargets.ts';
import { shareOf } from './share.ts';
import { runInThreads } from './threads.ts';

const casesPerThread = 3;

const [name = '', ...flags] = process.argv.slice(2);
const targets = targetNames[name];
if (targets === undefined) {
  process.stderr.write(`Usage: npm run test:faults -- ${Object.keys(targetNames).join('|')} [--json] [--share 1/3]\n`);
  process.exit(2);
}
const started = performance.now();
const verdicts: Verdict[] = [];
for (const target of targets) verdicts.push(...(await runAll(target)));

const count = (wrong: (verdict: Verdict) => unknown) => verdicts.filter(wrong).length;
const summary = {
  cases: verdicts.length,
  false_submitted: count(({ falseSubmitted }) => falseSubmitted),
  lost: count(({ lost }) => lost),
  doubled: count(({ doubled }) => doubled.length > 0),
  littered: count(({ littered }) => littered.length > 0),
  wrong_code: count(({ wrongCode }) => wrongCode),
  impatient: count(({ impatient }) => impatient),
};
const text = Object.entries(summary)
  .map(([key, value]) => `${key.replace('_', ' ')}: ${value}`)
  .join(', ');
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(summary)}\n` : `${text}\n`);
process.exitCode = verdicts.some(isWrong) ? 1 : 0;

function isWrong({ falseSubmitted, lost, doubled, littered, wrongCode, impatient }: Verdict): boolean {
  return (
    falseSubmitted || lost || doubled.length + littered.length > 0 || wrongCode !== undefined || impatient !== undefined
  );
}

/** All cases of one target; each wrong verdict is told at once, and how far it has come now and then. */
async function runAll(target: string): Promise<Verdict[]> {
  const only = flags.includes('--only') ? flags[flags.indexOf('--only') + 1] : undefined;
  const calm = await countRequests(faultTarget(target));
  const cases = shareOf(allCases(calm), flags).filter(({ fault }) => only === undefined || fault.includes(only));
  const done: Verdict[] = [];
  await runInThreads(
    new URL('faultWorker.ts', import.meta.url),
    cases.map((each) => ({ target, case: each })),
    casesPerThread,
    (verdict: Verdict) => {
      const { case: each, ...rest } = verdict;
      done.push(verdict);
      if (isWrong(verdict)) process.stderr.write(`${target}: ${JSON.stringify({ ...each, ...rest })}\n`);
      if (done.length % 50 > 0 && done.length < cases.length) return;
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stderr.write(
        `${target}: ${done.length} of ${cases.length} cases, ${done.filter(isWrong).length} wrong, ${seconds} s\n`,
      );
    },
  );
  return done;
}
