/**
 * Appends to a ledger on SQLite, as often as it is told, and dies where it is told. Run by `ledgerKill.ts`. Tells all
 * that it signs and all that it has recorded.
 */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import { createLog } from '../../shared/ledger/log/log.ts';
import { seededBytes } from '../support/seeded.ts';
import { killLogOptions, type Orders, type Told } from './ledgerOrders.ts';

const { path, from, appends, perAppend, death } = JSON.parse(process.argv[2] ?? '') as Orders;
// Written before anything that may follow: a killed process loses no line.
const tell = (told: Told) => writeSync(1, `${JSON.stringify(told)}\n`);
const die = () => process.kill(process.pid, 'SIGKILL');

const { logKey } = killLogOptions;
const store = createSqliteState(path);
const commits = { batch: 0, signature: 0 };
let dieWithin = false;

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
  if (dieWithin && sql === 'COMMIT') die();
  return exec.call(this, sql);
};

const log = createLog({
  ...killLogOptions,
  logKey: {
    ...logKey,
    sign(message) {
      tell({ signed: new TextDecoder().decode(message) });
      return logKey.sign(message);
    },
  },
  clock: nodeClock,
  random: (length) => new Uint8Array(randomBytes(length)),
  store: {
    ...store,
    async commit(changes, signal) {
      // A signature changes the head alone.
      const kind = changes.length === 1 ? 'signature' : 'batch';
      const dying = ++commits[kind] === death?.nth && kind === death.commit ? death.when : undefined;
      if (dying === 'before') die();
      dieWithin = dying === 'within';
      const versions = await store.commit(changes, signal);
      if (dying === 'after') die();
      return versions;
    },
  },
});

tell({ ready: true });
for (let append = 0; append < appends; append++) {
  const occasions = Array.from({ length: perAppend }, (_, at) => from + append * perAppend + at);
  const recorded = await log.append(
    occasions.map((occasion) => ({
      event: 'Register',
      asset: `asset-${occasion % 7}`,
      occasion: `o${occasion}`,
      observedAt: occasion,
      subjects: [{ sha256: sha256Hex(seededBytes(8, occasion)) }],
      masked: { name: `n${occasion}` },
    })),
  );
  tell({ recorded: occasions.map((occasion, at) => ({ occasion, entry: recorded[at]!.index })) });
}
