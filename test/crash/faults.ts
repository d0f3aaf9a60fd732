/**
 * The fault campaign: a report of three files, and at every one of its requests each of 14 faults, once passing and once lasting until the
 * sending gives up. `npm run test:faults -- dropbox --json`
 */
import { allCases, countRequests, runCase, type Verdict } from './faultCampaign.ts';
import { dropboxTarget } from './dropboxTarget.ts';
import type { FaultTargetKind } from './faultTarget.ts';
import { nextcloudTarget } from './nextcloudTarget.ts';

/** Every server of a kind has the whole campaign to itself. */
const targets: Readonly<Record<string, readonly FaultTargetKind[]>> = {
  dropbox: [dropboxTarget],
  nextcloud: [nextcloudTarget('local'), nextcloudTarget('s3v2')],
};

/** The machine has few cores, and a case waits for the network half of its time. */
const atOnce = 3;

const [name = '', ...flags] = process.argv.slice(2);
const kinds = targets[name];
if (kinds === undefined) {
  process.stderr.write(`Usage: npm run test:faults -- ${Object.keys(targets).join('|')} [--json]\n`);
  process.exit(2);
}
const verdicts: Verdict[] = [];
for (const kind of kinds) verdicts.push(...(await runAll(kind)));
const count = (wrong: (verdict: Verdict) => unknown) => verdicts.filter(wrong).length;
const summary = {
  cases: verdicts.length,
  false_submitted: count(({ falseSubmitted }) => falseSubmitted),
  lost: count(({ lost }) => lost),
  doubled: count(({ doubled }) => doubled),
  wrong_code: count(({ wrongCode }) => wrongCode),
  impatient: count(({ impatient }) => impatient),
};
for (const { case: each, ...verdict } of verdicts.filter(isWrong)) process.stderr.write(`${JSON.stringify({ ...each, ...verdict })}\n`);
const text = Object.entries(summary).map(([key, value]) => `${key.replace('_', ' ')}: ${value}`).join(', ');
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(summary)}\n` : `${text}\n`);
process.exitCode = verdicts.some(isWrong) ? 1 : 0;

function isWrong({ falseSubmitted, lost, doubled, wrongCode, impatient }: Verdict): boolean {
  return falseSubmitted || lost || doubled || wrongCode !== undefined || impatient !== undefined;
}

async function runAll(target: FaultTargetKind): Promise<Verdict[]> {
  const cases = allCases(await countRequests(target));
  const total = cases.length;
  const done: Verdict[] = [];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let each = cases.shift(); each; each = cases.shift()) {
      done.push(await runCase(target, each));
      if (done.length % 50 === 0) process.stderr.write(`${target.name}: ${done.length} of ${total} cases\n`);
    }
  }));
  return done;
}
