import { createMemoryDrive, createMemoryStorage } from '../../shared/index.ts';
import { runEpochModel } from './epochModel.ts';
const [from, to] = process.argv.slice(2).map(Number) as [number, number];
let bad = 0, req = 0, ack = 0, kills = 0;
for (let seed = from; seed <= to; seed++) {
  try {
    const run = await runEpochModel(seed, async () => createMemoryDrive(createMemoryStorage(() => 0)));
    req += run.requests; ack += run.acknowledged; kills += run.kills;
    if (run.faults.length) { bad++; if (bad < 6) console.log(seed, run.faults.slice(0,3)); }
  } catch (e) { bad++; if (bad < 6) console.log(String(e)); }
}
console.log({ bad, req, ack, kills });
