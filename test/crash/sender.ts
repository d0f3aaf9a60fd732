/** A process that sends one report, and dies where it is told to. Started by the campaign: `node sender.ts '{…}'`. */

import { createFileSources } from '../../extension/src/model/files/fileSources.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import {
  createDriveState,
  parsePath,
  type Report,
  reportIdOfKey,
  type StateStore,
  submitOnce,
  toDossierError,
} from '../../shared/index.ts';
import { createDeliveryJournal, createMemoryState, createOutbox, silentLog } from '../../shared/testing.ts';
import { openAddress } from './killAddress.ts';
import { createKillPoints, traceChunks, traceRecords } from './killPoints.ts';
import { holdMs, leaseMs, type SenderOrder } from './senderOrder.ts';

const order = JSON.parse(process.argv[2] ?? '') as SenderOrder;
await (order.keyed === undefined ? send(order) : sendByKey(order, order.keyed));

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

/** As a workflow does that is run again: what was begun is known from the destination alone. */
async function sendByKey({ address, folder, trace, kill }: SenderOrder, content: Report): Promise<void> {
  const points = createKillPoints(kill);
  const drive = traceChunks(openAddress(address, points), trace);
  const root = { path: parsePath(`${folder}/Reports`) };
  const now = Date.now();
  const report = { ...content, id: reportIdOfKey(root, 'the key'), created: now, modified: now };
  const state = createMemoryState();
  const journal = createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
  const sources = createFileSources(nodeFiles);
  const result = await submitOnce({ report, drive, root, sources, journal, clock: nodeClock }).then(
    () => ({ state: 'submitted' }),
    (error: unknown) => ({ state: 'interrupted', interruption: { reason: toDossierError(error).message } }),
  );
  process.stdout.write(JSON.stringify({ ...result, steps: points.steps() }));
}
