import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodeClock } from '../../extension/src/host/nodeClock.ts';
import { createSqliteState } from '../../extension/src/host/sqliteState.ts';
import { createLog, type Log, type Occurrence } from '../../shared/ledger/log.ts';
import { createReceipt, encodeReceipt, parseReceipt } from '../../shared/ledger/receipt.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../shared/ledger/signingKeys.ts';
import { tilePath, tilesBetween } from '../../shared/ledger/tiles.ts';
import { type TileReader, verifyInTiles } from '../../shared/ledger/verifyInTiles.ts';
import { verifyReceipt } from '../../shared/ledger/verifyReceipt.ts';
import { encodeTree } from '../support/tileTree.ts';
import type { StateStore } from '../../shared/state/state.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import { seededBytes } from '../support/seeded.ts';
import type { Bench } from './bench.ts';

const batch = 256;
const batches = 16;
const rounds = 5;
const many = 100_000;

const logKey = logKeyFromSeed(seededBytes(32, 'bench log'));
const statementKey = statementKeyFromSeed(seededBytes(32, 'bench statement'));

function logOn(store: StateStore): Log {
  return createLog({ store, ledger: 'main', origin: 'bench.dossier.example', logKey, statementKey, clock: nodeClock, random: (length) => new Uint8Array(randomBytes(length)) });
}

function occurrences(from: number): Occurrence[] {
  return Array.from({ length: batch }, (_, index) => ({
    event: 'Register' as const,
    asset: `asset-${from + index}`,
    occasion: 'first',
    observedAt: Date.UTC(2026, 0, 1),
    subjects: [{ sha256: sha256Hex(seededBytes(8, from + index)) }],
    masked: { name: `photo ${from + index}.jpg` },
  }));
}

/** What a log commits, noted on the way to the store. */
function noted(store: StateStore, rows: { key: string; value: Uint8Array }[][]): StateStore {
  return {
    ...store,
    commit(changes, signal) {
      rows.push(changes.flatMap(({ key, value }) => (value ? [{ key, value }] : [])));
      return store.commit(changes, signal);
    },
  };
}

const seconds = async (work: () => Promise<void> | void): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

/** The same rows, in the same transactions, into a table with nothing around it. */
function insertRaw(path: string, rows: readonly { key: string; value: Uint8Array }[][]): void {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE records (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID');
  const insert = database.prepare('INSERT OR REPLACE INTO records (key, value) VALUES (?, ?)');
  for (const transaction of rows) {
    database.exec('BEGIN IMMEDIATE');
    for (const { key, value } of transaction) insert.run(key, value);
    database.exec('COMMIT');
  }
  database.close();
}

/** Signed appends on SQLite against raw inserts of the same rows; receipts; statements checked from static tiles. */
export const bench: Bench = {
  floors: { append_ratio: { atLeast: 0.25 }, verify_per_s: { atLeast: 200 }, tiles_100k_s: { atMost: 10 } },
  async measure(log) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-ledger-'));
    try {
      // Rounds side by side, best of each: other work on the machine is in nobody's favour.
      let [ours, raw] = [Infinity, Infinity];
      let ledger: Log | undefined;
      for (let round = 0; round < rounds; round++) {
        const rows: { key: string; value: Uint8Array }[][] = [];
        const store = createSqliteState(join(folder, `ours-${round}.db`));
        const appended = logOn(noted(store, rows));
        const work = Array.from({ length: batches }, (_, index) => occurrences(index * batch));
        ours = Math.min(ours, await seconds(async () => { for (const each of work) await appended.append(each); }));
        raw = Math.min(raw, await seconds(() => insertRaw(join(folder, `raw-${round}.db`), rows)));
        if (ledger) await store.close();
        else ledger = appended;
      }
      log(`${batches * batch} statements: ${ours.toFixed(2)} s, raw inserts ${raw.toFixed(2)} s`);

      const receipts = await Promise.all(Array.from({ length: 500 }, async (_, index) => encodeReceipt(await createReceipt(ledger!, index * 7))));
      const trust = { logs: [ledger!.identity], statementKeys: [statementKey.publicKey], timestampChains: [] };
      let verifying = Infinity;
      for (let round = 0; round < rounds; round++) {
        verifying = Math.min(verifying, await seconds(() => {
          for (const [index, receipt] of receipts.entries()) {
            if (!verifyReceipt(parseReceipt(receipt), trust, { sha256: sha256Hex(seededBytes(8, index * 7)) }).holds) throw new Error('A genuine receipt was refused');
          }
        }));
      }
      const tree = encodeTree(many, ledger!.identity.origin, logKey, statementKey);
      const files = new Map(tilesBetween(0, many).map((tile) => [tilePath(tile), tree.tile(tile)]));
      const read: TileReader = async (path) => (path === 'checkpoint' ? tree.checkpoint : files.get(path));
      const tiles = await seconds(async () => {
        const { size, entries } = await verifyInTiles(read, trust);
        if (size !== many || entries !== many) throw new Error('Not every statement was checked');
      });
      const rounded = (value: number) => Math.round(value * 100) / 100;
      return {
        append_ratio: rounded(raw / ours),
        append_per_s: Math.round((batches * batch) / ours),
        verify_per_s: Math.round(receipts.length / verifying),
        tiles_100k_s: rounded(tiles),
        receipt_bytes: receipts[0]!.length,
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
