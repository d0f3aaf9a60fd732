import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createSqliteState } from '../../extension/src/node/sqliteState.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import { createLog, type Log, type Occurrence } from '../../shared/ledger/log/log.ts';
import { tilePath, tilesBetween } from '../../shared/ledger/log/tiles.ts';
import { createReceipt, encodeReceipt, parseReceipt } from '../../shared/ledger/receipt/receipt.ts';
import { verifyReceipt } from '../../shared/ledger/receipt/verifyReceipt.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../shared/ledger/signing/signingKeys.ts';
import { type TileReader, verifyInTiles } from '../../shared/ledger/verify/verifyInTiles.ts';
import type { StateChange, StateStore } from '../../shared/state/state.ts';
import { seededBytes } from '../support/seeded.ts';
import { encodeTree } from '../support/tileTree.ts';
import type { Bench } from './bench.ts';

const batch = 256;
/**
 * Files of a linked folder that is worth a ledger: in a table of a few thousand rows the same row costs less to insert,
 * on both sides.
 */
const batches = 64;
const rounds = 2;
const warmUp = 8;
const many = 100_000;

const logKey = logKeyFromSeed(seededBytes(32, 'bench log'));
const statementKey = statementKeyFromSeed(seededBytes(32, 'bench statement'));

function logOn(store: StateStore): Log {
  return createLog({
    store,
    ledger: 'main',
    origin: 'bench.dossier.example',
    logKey,
    statementKey,
    clock: nodeClock,
    random: (length) => new Uint8Array(randomBytes(length)),
  });
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

type Row = Pick<StateChange, 'key' | 'value'>;

/**
 * A log whose commits are noted on the way to the store, and a table with nothing around it that takes the same rows.
 */
function openPair(folder: string, round: number) {
  const transactions: (readonly Row[])[] = [];
  const store = createSqliteState(join(folder, `ours-${round}.db`));
  const log = logOn({
    ...store,
    commit(changes, signal) {
      transactions.push(changes);
      return store.commit(changes, signal);
    },
  });
  const raw = new DatabaseSync(join(folder, `raw-${round}.db`));
  raw.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE records (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID',
  );
  const insert = raw.prepare('INSERT OR REPLACE INTO records (key, value) VALUES (?, ?)');
  return {
    log,
    /** The rows of the last append, in the same transactions. */
    insertSame(): void {
      for (const rows of transactions.splice(0)) {
        raw.exec('BEGIN IMMEDIATE');
        for (const { key, value } of rows) insert.run(key, value!);
        raw.exec('COMMIT');
      }
    },
    async close(): Promise<void> {
      raw.close();
      await store.close();
    },
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const seconds = async (work: () => Promise<void> | void): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

/** Signed appends on SQLite against raw inserts of the same rows; receipts; statements checked from static tiles. */
export const bench: Bench = {
  floors: { append_ratio: { atLeast: 0.25 }, verify_per_s: { atLeast: 200 }, tiles_100k_s: { atMost: 10 } },
  async measure(log) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-ledger-'));
    try {
      // Batch by batch side by side, and the median of each: other work on the machine is in nobody's favour. The first
      // round only warms up.
      const ours: number[] = [];
      const raw: number[] = [];
      let pair = openPair(folder, 0);
      for (let round = 0; round <= rounds; round++) {
        if (round > 0) {
          await pair.close();
          pair = openPair(folder, round);
        }
        for (let at = 0; at < (round === 0 ? warmUp : batches); at++) {
          const work = occurrences(at * batch);
          const appending = await seconds(async () => void (await pair.log.append(work)));
          const inserting = await seconds(() => pair.insertSame());
          if (round === 0) continue;
          ours.push(appending);
          raw.push(inserting);
        }
      }
      const ledger = pair.log;
      log(
        `${batch} statements: ${(median(ours) * 1000).toFixed(1)} ms, raw inserts ${(median(raw) * 1000).toFixed(1)} ms`,
      );

      const receipts = await Promise.all(
        Array.from({ length: 500 }, async (_, index) => encodeReceipt(await createReceipt(ledger, index * 7))),
      );
      const trust = { logs: [ledger.identity], statementKeys: [statementKey.publicKey], timestampChains: [] };
      let verifying = Infinity;
      for (let round = 0; round <= rounds; round++) {
        verifying = Math.min(
          verifying,
          await seconds(() => {
            for (const [index, receipt] of receipts.entries()) {
              if (!verifyReceipt(parseReceipt(receipt), trust, { sha256: sha256Hex(seededBytes(8, index * 7)) }).holds)
                throw new Error('A genuine receipt was refused');
            }
          }),
        );
      }
      const tree = encodeTree(many, ledger.identity.origin, logKey, statementKey);
      const files = new Map(tilesBetween(0, many).map((tile) => [tilePath(tile), tree.tile(tile)]));
      const read: TileReader = async (path) => (path === 'checkpoint' ? tree.checkpoint : files.get(path));
      const tiles = await seconds(async () => {
        const { size, entries } = await verifyInTiles(read, trust);
        if (size !== many || entries !== many) throw new Error('Not every statement was checked');
      });
      const rounded = (value: number) => Math.round(value * 100) / 100;
      return {
        append_ratio: rounded(median(raw) / median(ours)),
        append_per_s: Math.round(batch / median(ours)),
        verify_per_s: Math.round(receipts.length / verifying),
        tiles_100k_s: rounded(tiles),
        receipt_bytes: receipts[0]!.length,
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
