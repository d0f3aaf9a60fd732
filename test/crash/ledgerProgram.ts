/** Appends to a ledger on SQLite, as often as it is told. Run by `ledgerKill.ts`, which kills it. A line for each append that resolved. */
import { createLog } from '../../shared/ledger/log.ts';
import { createSqliteState } from '../../extension/src/host/sqliteState.ts';
import { nodeClock } from '../../extension/src/host/nodeClock.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import { seededBytes } from '../support/seeded.ts';
import { randomBytes } from 'node:crypto';
import { killLogOptions } from './ledgerKill.ts';

const [path = '', from = '0', count = '1', dieAtCommit = '0', dieWhen = 'before'] = process.argv.slice(2);
const store = createSqliteState(path);
let commits = 0;
const die = () => process.kill(process.pid, 'SIGKILL');
const log = createLog({
  ...killLogOptions,
  clock: nodeClock,
  random: (length) => new Uint8Array(randomBytes(length)),
  store: {
    ...store,
    async commit(changes, signal) {
      const dying = ++commits === Number(dieAtCommit);
      if (dying && dieWhen === 'before') die();
      const versions = await store.commit(changes, signal);
      if (dying && dieWhen === 'after') die();
      return versions;
    },
  },
});
for (let index = Number(from); index < Number(from) + Number(count); index++) {
  const [recorded] = await log.append([
    { event: 'Register', asset: `asset-${index % 7}`, occasion: `o${index}`, observedAt: index, subjects: [{ sha256: sha256Hex(seededBytes(8, index)) }], masked: { name: `n${index}` } },
  ]);
  process.stdout.write(`${JSON.stringify({ occasion: index, entry: recorded!.index, note: (await log.head())!.note })}\n`);
}
