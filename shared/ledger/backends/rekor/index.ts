import { utf8 } from '../../../core/bytes.ts';
import { DossierError, isDossierError } from '../../../core/errors.ts';
import { parseJsonBytes } from '../../../core/json.ts';
import { say } from '../../../core/sentence.ts';
import type { StateStore } from '../../../state/state.ts';
import type { Log } from '../../log/log.ts';
import { encodeReceipt, parseReceipt, type Receipt } from '../../receipt/receipt.ts';
import type { LedgerService } from '../backend.ts';
import { createEmbeddedLedger } from '../embedded.ts';
import { enterInRekor, type RekorServer } from './client.ts';

export interface RekorOptions extends RekorServer {
  /** Keeps the statements: Rekor holds hashes of them, and no index to find any by. */
  readonly log: Log;
  /** Keeps the receipts. */
  readonly store: StateStore;
  /** Names the ledger within the store: `[a-z0-9-]`. */
  readonly ledger: string;
}

export interface RekorLedger extends LedgerService {
  /** Rekor's proof of an entry: the bundle that was made of its answer. Undefined while it has not been entered. */
  receipt(index: number, signal?: AbortSignal): Promise<Receipt | undefined>;
}

/** Entries that are sent at once: each waits for the server's next checkpoint. */
const width = 16;

/**
 * A Rekor v2 log as a ledger. The user's own log comes first and decides order, version and what was recorded before;
 * each of its leaves, the same bytes, is then entered in Rekor, in order. What Rekor did not take stays behind as a
 * backlog that the next `append` sends first, so nothing is lost by a server that is away and nothing is recorded twice
 * by trying again.
 */
export function createRekorLedger({ log, store, ledger, ...server }: RekorOptions): RekorLedger {
  const own = createEmbeddedLedger(log);
  const base = `rekor/${ledger}`;
  const enteredKey = `${base}/entered`;
  const receiptKey = (index: number) => `${base}/receipt/${String(index).padStart(12, '0')}`;

  const enter = async (index: number, signal?: AbortSignal): Promise<Uint8Array> => {
    const entry = await log.entry(index, signal);
    if (!entry) throw new DossierError('ledger-broken', say`Entry ${index} of the ledger is missing`);
    return encodeReceipt(await enterInRekor(server, entry.envelope, signal));
  };

  /** Enters what is missing below `size`. */
  const catchUp = async (size: number, signal?: AbortSignal): Promise<void> => {
    for (;;) {
      const record = await store.get(enteredKey, signal);
      const entered = record ? parseCount(record.value) : 0;
      if (entered >= size) return;
      const count = Math.min(width, size - entered);
      const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, at) => enter(entered + at, signal)));
      const failed = outcomes.findIndex(({ status }) => status === 'rejected');
      const receipts = outcomes
        .slice(0, failed < 0 ? count : failed)
        .flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      if (receipts.length > 0) {
        const changes = receipts.map((value, at) => ({ key: receiptKey(entered + at), value, expectedVersion: 0 }));
        try {
          await store.commit(
            [
              {
                key: enteredKey,
                value: utf8(String(entered + receipts.length)),
                expectedVersion: record?.version ?? 0,
              },
              ...changes,
            ],
            signal,
          );
        } catch (error) {
          // Another process entered the same leaves: one of the two receipts is as good as the other.
          if (!isDossierError(error, 'revision-conflict')) throw error;
          continue;
        }
      }
      const first = outcomes[failed];
      if (first?.status === 'rejected') throw first.reason;
    }
  };

  return {
    ...own,
    kind: 'rekor',
    async append(occurrences, signal) {
      const recorded = await own.append(occurrences, signal);
      await catchUp((await log.head(signal))?.checkpoint.size ?? 0, signal);
      return recorded;
    },
    async receipt(index, signal) {
      const record = await store.get(receiptKey(index), signal);
      return record && parseReceipt(record.value);
    },
  };
}

function parseCount(value: Uint8Array): number {
  const count = parseJsonBytes(value, 'state-corrupt', 'The Rekor sync position');
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw new DossierError('state-corrupt', 'The Rekor sync position is corrupt');
  return count;
}
