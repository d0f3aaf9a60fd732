/** A process that runs one mirror, and dies where it is told to. Started by the campaign: `node mirrorProcess '{…}'`. */
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { parsePath, rootPath } from '../../shared/core/paths.ts';
import { runMirror } from '../../shared/mirror/runMirror.ts';
import { openAddress } from './killAddress.ts';
import { createKillPoints } from './killPoints.ts';
import type { MirrorOrder } from './mirrorKill.ts';
import { openLocal } from './mirrorWorlds.ts';

const { address, folder, source, sqlite, rules, kill } = JSON.parse(process.argv[2] ?? '') as MirrorOrder;
const points = createKillPoints(kill);
const store = createSqliteState(sqlite);
const job = {
  id: 'killed',
  source: { drive: openLocal(source), folder: rootPath },
  destination: { drive: openAddress(address, points), folder: parsePath(folder) },
  rules,
};
const ports = { store: points.state(store), clock: nodeClock, holder: `process ${process.pid}`, leaseMs: 300 };
const summary = await runMirror(job, ports, { mostRemovals: 10 });
await store.close();
process.stdout.write(JSON.stringify({ ending: summary.ending, error: summary.error, steps: points.steps() }));
