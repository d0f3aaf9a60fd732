import { randomBytes } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord, parseJsonBytes } from '../../core/json.ts';
import type { Clock } from '../../core/ports.ts';
import { type RetryPolicy, retry } from '../../core/retry.ts';
import type { StateRecord, StateStore } from '../../state/state.ts';

/** One sender at a time, over all processes on a store: for services that would take the same thing twice. */
export interface Turns {
  /**
   * Does something while nobody else does. `renew` comes before each act that must not meet another's: `locked` when
   * the turn was lost, and then nothing may be sent any more. A sender that died is waited for until its turn is over.
   */
  take<T>(work: (renew: () => Promise<void>) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Longer than any one request may take, so that an act that was begun in time is over before the turn is. */
const turnMs = 120_000;
/** Long enough to outlast the turn of a sender that died. */
const patience: RetryPolicy = { attempts: 200, firstDelayMs: 50, maxDelayMs: 2_000, maxRetryAfterMs: 0 };

export function createTurns(store: StateStore, key: string, clock: Clock): Turns {
  const self = toHex(randomBytes(8));
  let queue: Promise<unknown> = Promise.resolve();

  const write = async (expectedVersion: number, until: number, signal?: AbortSignal): Promise<number> => {
    try {
      const [version] = await store.commit(
        [{ key, value: utf8(JSON.stringify({ holder: self, until })), expectedVersion }],
        signal,
      );
      return version as number;
    } catch (error) {
      throw isDossierError(error, 'revision-conflict') ? taken(error) : error;
    }
  };
  const begin = async (signal?: AbortSignal) => {
    const record = await store.get(key, signal);
    const { holder, until } = record ? parseTurn(record) : { holder: self, until: 0 };
    if (holder !== self && until > clock.now()) throw taken();
    const end = clock.now() + turnMs;
    return { version: await write(record?.version ?? 0, end, signal), end };
  };
  const run = async <T>(work: (renew: () => Promise<void>) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    let turn = await retry(() => begin(signal), { clock, signal, policy: patience });
    const renew = async () => {
      if (turn.end - clock.now() > turnMs / 2) return;
      const end = clock.now() + turnMs;
      turn = { version: await write(turn.version, end, signal), end };
    };
    try {
      return await work(renew);
    } finally {
      // Should this fail, the others wait a little longer.
      await write(turn.version, 0).catch(() => undefined);
    }
  };

  return {
    take(work, signal) {
      const turn = queue.then(() => run(work, signal));
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

function parseTurn(record: StateRecord): { readonly holder: string; readonly until: number } {
  const value = parseJsonBytes(record.value, 'state-corrupt', 'The lock record');
  if (!isRecord(value) || typeof value['holder'] !== 'string' || typeof value['until'] !== 'number')
    throw new DossierError('state-corrupt', 'The lock record is corrupt');
  return { holder: value['holder'], until: value['until'] };
}

function taken(cause?: unknown): DossierError {
  return new DossierError('locked', 'Another window or worker is sending to this ledger', { cause });
}
