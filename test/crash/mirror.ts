/**
 * The campaign of the mirror: random histories of both sides on all kinds of places, and processes that are killed and
 * started again. `npm run test:mirror -- [--histories=N] [--kills=N] [--from=SEED] [--world=NAME] [--json]`. A history
 * that fails is named with its faults and runs again with `--world=NAME --from=SEED --histories=1 --kills=0`.
 */
import { type MirrorFaults, runMirrorHistory } from './mirrorHistory.ts';
import { killAt, openKillScene } from './mirrorKill.ts';
import { type MirrorWorldName, mirrorWorldNames, mirrorWorlds } from './mirrorWorlds.ts';

const flags = process.argv.slice(2);
const option = (name: string) => flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
const histories = Number(option('histories') ?? 300);
const kills = Number(option('kills') ?? 100);
const first = Number(option('from') ?? 1);
const chosen = mirrorWorldNames.filter((name) => name === (option('world') ?? name));

const total = { histories: 0, kills: 0, source_touched: 0, lost: 0, overwritten_unasked: 0, diverged: 0 };
const tallied = { runs: 0, operations: 0, conflicts: 0 };
const add = (faults: MirrorFaults) => {
  for (const kind of ['source_touched', 'lost', 'overwritten_unasked', 'diverged'] as const)
    total[kind] += faults[kind];
};

async function runWorld(name: MirrorWorldName, from: number, count: number): Promise<void> {
  const world = await mirrorWorlds[name]();
  try {
    for (let seed = from; seed < from + count; seed++) {
      const verdict = await runMirrorHistory(seed, world);
      total.histories += 1;
      for (const each of ['runs', 'operations', 'conflicts'] as const) tallied[each] += verdict[each];
      add(verdict);
      if (verdict.sentences.length > 0)
        process.stderr.write(`${name}, seed ${seed}:\n${verdict.sentences.map((each) => `  ${each}\n`).join('')}`);
    }
  } finally {
    await world.close();
  }
}

/** Points that are spread evenly over all steps of a run. */
async function killIn(name: MirrorWorldName, count: number): Promise<void> {
  if (count === 0) return;
  const world = await mirrorWorlds[name]();
  const scene = await openKillScene();
  try {
    const killed = { ...world, address: world.address! };
    const { steps } = await killAt(scene, killed, undefined);
    for (let index = 0; index < count; index++) {
      const step = 1 + Math.floor((index * steps) / count);
      const verdict = await killAt(scene, killed, { step, when: index % 2 === 0 ? 'before' : 'after' });
      total.kills += 1;
      add(verdict);
      if (verdict.sentences.length > 0)
        process.stderr.write(`${name}, killed at ${step} of ${steps}:\n  ${verdict.sentences.join('\n  ')}\n`);
    }
  } finally {
    await scene.close();
    await world.close();
  }
}

const share = Math.ceil(histories / chosen.length);
for (const [index, name] of chosen.entries())
  await runWorld(name, first + index * share, Math.min(share, histories - index * share));
const killable = chosen.filter((name) => name !== 'webdav');
for (const [index, name] of killable.entries())
  await killIn(name, Math.floor(kills / killable.length) + (index < kills % killable.length ? 1 : 0));
process.stderr.write(`${JSON.stringify(tallied)}\n`);
process.stdout.write(`${JSON.stringify(total)}\n`);
process.exitCode = total.source_touched + total.lost + total.overwritten_unasked + total.diverged > 0 ? 1 : 0;
