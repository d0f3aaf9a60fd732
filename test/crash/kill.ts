/**
 * The kill campaign: a process that sends a report of three files is killed before and after every request and every
 * write of state, and started again until it is done. `npm run test:crash -- --json [--place 'nextcloud s3v2'] [--state
 * 'on drive'] [--share 1/3]`. All of it is some 1,900 points and 1,700 seconds of processor time; `--share 1/2` is half
 * of that, and every place and kind of state is in it.
 */
import { allPoints, countSteps, type KillVerdict } from './killCampaign.ts';
import { allScenes, closeScene, openScene, type Scene } from './killScene.ts';
import { shareOf } from './share.ts';
import { runInThreads } from './threads.ts';

const flags = process.argv.slice(2);
const said = (flag: string): string | undefined => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
const chosen = allScenes.filter(
  ([place, state]) => place === (said('--place') ?? place) && state === (said('--state') ?? state),
);
if (chosen.length === 0) {
  process.stderr.write(
    `There is ${allScenes.map(([place, state]) => `--place '${place}' --state '${state}'`).join(', ')}\n`,
  );
  process.exit(2);
}
/** A process waits for its lease and for the network half of its time. */
const pointsPerThread = 3;

const started = performance.now();
const verdicts: KillVerdict[] = [];
for (const [place, state] of chosen) {
  const scene = await openScene(place, state);
  try {
    await runScene(scene);
  } finally {
    closeScene(scene);
  }
}
const most = (counts: readonly number[]): number => Math.max(0, ...counts);
const summary = {
  points: verdicts.length,
  lost: verdicts.filter(({ lost, trouble }) => lost > 0 || trouble !== undefined).length,
  doubled: verdicts.filter(({ doubled }) => doubled > 0).length,
  false_submitted: verdicts.filter(({ falseSubmitted }) => falseSubmitted).length,
  resent_beyond_in_flight: most(verdicts.filter(isToldTruly).map(({ resent }) => resent)),
  resent_though_answered: most(verdicts.filter(tellsOfChunks).map(({ resentAnswered }) => resentAnswered)),
  resent_though_answered_dropbox: most(
    verdicts
      .filter((verdict) => isToldTruly(verdict) && !tellsOfChunks(verdict))
      .map(({ resentAnswered }) => resentAnswered),
  ),
};
const text = Object.entries(summary)
  .map(([key, value]) => `${key.replaceAll('_', ' ')}: ${value}`)
  .join(', ');
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(summary)}\n` : `${text}\n`);
process.exitCode = verdicts.some(isWrong) ? 1 : 0;

/**
 * Dropbox tells nothing of single chunks that it holds, so what was answered there and not recorded is sent again.
 * Whoever knows nothing but a key cannot ask for the chunks of a file that was begun.
 */
function tellsOfChunks({ place, state }: KillVerdict): boolean {
  return !place.startsWith('dropbox') && state !== 'by key' && isToldTruly({ place });
}

/** What an odd answer hides is sent again. */
function isToldTruly({ place }: Pick<KillVerdict, 'place'>): boolean {
  return !place.endsWith('odd');
}

function isWrong(verdict: KillVerdict): boolean {
  const { lost, doubled, resent, resentAnswered, falseSubmitted, trouble } = verdict;
  return (
    lost + doubled > 0 ||
    (isToldTruly(verdict) && resent > 0) ||
    falseSubmitted ||
    trouble !== undefined ||
    (tellsOfChunks(verdict) && resentAnswered > 0)
  );
}

async function runScene(scene: Scene): Promise<void> {
  const steps = await countSteps(scene);
  const points = shareOf(allPoints(steps), flags);
  let done = 0;
  const tell = (verdict: KillVerdict): void => {
    verdicts.push(verdict);
    if (isWrong(verdict)) process.stderr.write(`${JSON.stringify(verdict)}\n`);
    if (++done % 50 > 0 && done < points.length) return;
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stderr.write(
      `${scene.place}, state ${scene.state}, ${steps} steps: ${done} of ${points.length} points, ${verdicts.filter(isWrong).length} wrong so far, ${seconds} s\n`,
    );
  };
  await runInThreads(
    new URL('killWorker.ts', import.meta.url),
    points.map((point) => ({ scene, point })),
    pointsPerThread,
    tell,
  );
}
