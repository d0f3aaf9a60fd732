import { utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError, toDossierError } from '../core/errors.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import type { Clock, Log } from '../core/ports.ts';
import { say } from '../core/sentence.ts';
import type { StateChange, StateRecord, StateStore } from './state.ts';

/** Who works on something, a report or a mirror, until when at least. Plain JSON. Without such a record nobody does. */
export interface Lease {
  readonly schema: 1;
  readonly holder: string;
  /** Milliseconds since 1970 UTC by the holder's clock. */
  readonly until: number;
}

export const leaseKey = (work: string): string => `leases/${work}`;

/** A lease that this process took. */
export interface HeldLease {
  /**
   * Writes, and renews the lease in the same batch. `lease-lost` once anybody else has touched the lease: then nothing
   * was written. The version of the lease record is the epoch, and this is the fence: it needs no clock to be right,
   * clocks only decide who tries.
   */
  commit(changes: readonly StateChange[]): Promise<number[]>;
  /** The last write: ends the lease in the same batch. */
  end(changes: readonly StateChange[]): Promise<void>;
}

export interface LeaseKeeper {
  /** Undefined while somebody else holds it. */
  take(work: string): Promise<HeldLease | undefined>;
  /** What takes the lease from whoever has it: part of the batch that pauses or deletes. */
  revocation(work: string): Promise<StateChange[]>;
}

export interface LeaseOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly holder: string;
  readonly leaseMs: number;
}

/**
 * A lease is taken when there is none, when its time is over, or when it was seen unchanged for its whole length: the
 * last rule needs no agreement between clocks, and frees leases of machines whose clock was ahead.
 */
export function createLeaseKeeper({ store, clock, holder, leaseMs }: LeaseOptions): LeaseKeeper {
  const seen = new Map<string, { version: number; since: number }>();

  const isFree = (record: StateRecord | undefined): boolean => {
    if (!record) return true;
    if (clock.now() >= parseLease(record).until) return true;
    const known = seen.get(record.key);
    // A clock that was set back makes `since` lie in the future: the watch begins anew.
    if (known?.version !== record.version || clock.now() < known.since)
      seen.set(record.key, { version: record.version, since: clock.now() });
    return clock.now() - seen.get(record.key)!.since >= leaseMs;
  };

  return {
    async take(work) {
      const key = leaseKey(work);
      const record = await store.get(key);
      if (!isFree(record)) return undefined;
      const value = () => utf8(JSON.stringify({ schema: 1, holder, until: clock.now() + leaseMs } satisfies Lease));
      try {
        const [version] = await store.commit([{ key, value: value(), expectedVersion: record?.version ?? 0 }]);
        seen.delete(key);
        return heldLease(store, key, version!, value);
      } catch (error) {
        if (isDossierError(error, 'revision-conflict')) return undefined;
        throw error;
      }
    },
    async revocation(work) {
      const record = await store.get(leaseKey(work));
      return record ? [{ key: record.key, value: undefined, expectedVersion: record.version }] : [];
    },
  };
}

function heldLease(store: StateStore, key: string, taken: number, renewed: () => Uint8Array): HeldLease {
  let version = taken;
  let lost = false;
  let last: Promise<unknown> = Promise.resolve();
  const write = async (changes: readonly StateChange[], value: Uint8Array | undefined): Promise<number[]> => {
    if (lost) throw new DossierError('lease-lost');
    try {
      const versions = await store.commit([...changes, { key, value, expectedVersion: version }]);
      version = versions.at(-1)!;
      lost = value === undefined;
      return versions.slice(0, -1);
    } catch (error) {
      // After an unclear failure the comparison of the next commit tells; only a conflict is told apart here.
      if (!isDossierError(error, 'revision-conflict')) throw error;
      if (((await store.get(key))?.version ?? 0) === version) throw error;
      lost = true;
      throw new DossierError('lease-lost', undefined, { cause: error });
    }
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    commit: (changes) => inTurn(() => write(changes, renewed())),
    end: async (changes) => void (await inTurn(() => write(changes, undefined))),
  };
}

function parseLease(record: StateRecord): Lease {
  const value = parseJsonBytes(record.value, 'state-corrupt', say`The record "${record.key}"`);
  if (!isRecord(value) || value.schema !== 1 || typeof value.holder !== 'string' || typeof value.until !== 'number') {
    throw new DossierError('state-corrupt', say`The record "${record.key}" is not a lease`);
  }
  return value as unknown as Lease;
}

export interface RenewalPorts {
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly log: Log;
}

/** Renews the lease three times in its length; stops the work when it is lost. */
export async function renewWhile(
  { clock, leaseMs, log }: RenewalPorts,
  lease: HeldLease,
  work: AbortController,
): Promise<void> {
  while (!work.signal.aborted) {
    try {
      await clock.sleep(leaseMs / 3, work.signal);
      await lease.commit([]);
    } catch (error) {
      if (isDossierError(error, 'lease-lost')) work.abort(error);
      // Whatever else keeps us from renewing will pass, or the lease will be lost; the fence holds in both cases.
      else if (!work.signal.aborted)
        log.write('warn', 'A lease could not be renewed', { reason: toDossierError(error).code });
    }
  }
}
