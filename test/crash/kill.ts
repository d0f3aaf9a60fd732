/**
 * The kill campaign: a process that sends a report of three files is killed before and after every request and every write of state, and
 * started again until it is done. `npm run test:crash -- --json [--sample N]`
 */
import { allPoints, allScenes, type KillVerdict, openScene } from './killCampaign.ts';

const flags = process.argv.slice(2);
const sample = flags.includes('--sample') ? Number(flags[flags.indexOf('--sample') + 1]) : Infinity;
/** A process waits for the network and its lease most of the time. */
const atOnce = 3;

const verdicts: KillVerdict[] = [];
for (const [place, state] of allScenes) {
  const scene = await openScene(place, state);
  const all = allPoints(scene.steps);
  const points = all.filter((_, index) => index % Math.max(1, Math.floor(all.length / sample)) === 0);
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let point = points.shift(); point; point = points.shift()) verdicts.push(await scene.run(point));
    }),
  );
  await scene.close();
  process.stderr.write(`${place}, state ${state}: ${scene.steps} steps, ${verdicts.length} points so far\n`);
}

const isWrong = (verdict: KillVerdict): boolean => verdict.lost + verdict.doubled + verdict.resent > 0 || verdict.falseSubmitted || verdict.trouble !== undefined;
for (const verdict of verdicts.filter(isWrong)) process.stderr.write(`${JSON.stringify(verdict)}\n`);
const summary = {
  points: verdicts.length,
  lost: verdicts.filter(({ lost, trouble }) => lost > 0 || trouble !== undefined).length,
  doubled: verdicts.filter(({ doubled }) => doubled > 0).length,
  false_submitted: verdicts.filter(({ falseSubmitted }) => falseSubmitted).length,
  resent_beyond_in_flight: Math.max(0, ...verdicts.map(({ resent }) => resent)),
  resent_though_answered: Math.max(0, ...verdicts.map(({ resentAnswered }) => resentAnswered)),
};
const text = Object.entries(summary).map(([key, value]) => `${key.replaceAll('_', ' ')}: ${value}`).join(', ');
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(summary)}\n` : `${text}\n`);
process.exitCode = verdicts.some(isWrong) ? 1 : 0;
