/** A process that sends one report, and dies where it is told to. Started by the campaign: `node sender.ts '{…}'`. */

import { createFileSources } from '../../extension/src/model/files/fileSources.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { createDriveState, createOutbox, parsePath, type StateStore, silentLog } from '../../shared/index.ts';
import { openAddress } from './killAddress.ts';
import { createKillPoints, traceChunks, traceRecords } from './killPoints.ts';
import { holdMs, leaseMs, type SenderOrder } from './senderOrder.ts';

await send(JSON.parse(process.argv[2] ?? '') as SenderOrder);

async function send({ address, folder, sqlite, report, trace, kill }: SenderOrder): Promise<void> {
  const points = createKillPoints(kill);
  const drive = openAddress(address, points);
  const root = parsePath(folder);
  const store: StateStore =
    sqlite === undefined
      ? createDriveState({ drive, folder: parsePath(`${folder}/.dossier/state`), clock: nodeClock, holdMs })
      : createSqliteState(sqlite);
  const outbox = createOutbox({
    store: points.state(traceRecords(store, trace)),
    clock: nodeClock,
    log: silentLog,
    holder: `process ${process.pid}`,
    sources: createFileSources(nodeFiles),
    open: async () => ({ drive: traceChunks(drive, trace), root: { path: parsePath(`${root}/Reports`) } }),
    leaseMs,
  });
  const sent = await outbox.send(report, new AbortController().signal);
  await store.close();
  process.stdout.write(JSON.stringify({ state: sent.state, interruption: sent.interruption, steps: points.steps() }));
}
