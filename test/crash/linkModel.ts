/**
 * Random histories of a linked folder on every kind of drive: after each, the ledger has exactly the assets and versions that there were.
 * `node test/crash/linkModel.ts [--histories=N] [--from=SEED] [--world=NAME] [--json]`; a seed that fails is printed.
 */
import { type HistoryVerdict, runLinkHistory } from './linkHistory.ts';
import { linkWorlds } from './linkWorlds.ts';

const flags = process.argv.slice(2);
const option = (name: string) => flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
const histories = Number(option('histories') ?? 500);
const first = Number(option('from') ?? 1);
const started = performance.now();
const verdicts: HistoryVerdict[] = [];
let failed = 0;
for (const [name, open] of Object.entries(linkWorlds)) {
  if ((option('world') ?? name) !== name) continue;
  const world = await open();
  for (let seed = first; seed < first + histories; seed++) {
    const verdict = await runLinkHistory(seed, await world.fresh());
    verdicts.push(verdict);
    if (verdict.faults.length === 0) continue;
    failed++;
    process.stderr.write(`${name}, seed ${seed}:\n${verdict.faults.map((fault) => `  ${fault}\n`).join('')}`);
  }
  await world.close();
}
const sum = (figure: 'operations' | 'walks' | 'kills' | 'versions') => verdicts.reduce((total, verdict) => total + verdict[figure], 0);
const summary = {
  histories: verdicts.length,
  operations: sum('operations'),
  walks: sum('walks'),
  kills: sum('kills'),
  versions: sum('versions'),
  failed,
  seconds: Math.round((performance.now() - started) / 1000),
};
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(summary)}\n` : `${Object.entries(summary).map(([key, value]) => `${key}: ${value}`).join(', ')}\n`);
process.exitCode = failed === 0 && verdicts.length > 0 ? 0 : 1;
