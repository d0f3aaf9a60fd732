import { utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import type { Clock } from '../core/ports.ts';
import type { StateChange, StateRecord, StateStore } from '../state/state.ts';

/** Who works on a report, until when at least. Plain JSON. `epoch` grows with every change of hands. */
export interface Lease {
  readonly schema: 1;
  /** Empty when it was given back. */
  readonly holder: string;
  readonly epoch: number;
  /** Milliseconds since 1970 UTC by the holder's clock. */
  readonly until: number;
}

export const leaseKey = (report: string): string => `leases/${report}`;

/** A lease that this process took. */
export interface HeldLease {
  readonly epoch: number;
  /**
   * Writes, and renews the lease in the same batch. `lease-lost` once anybody else has touched the lease: then nothing was written. This is the
   * fence: it needs no clock to be right, clocks only decide who tries.
   */
  commit(changes: readonly StateChange[]): Promise<number[]>;
  /** The last write: gives the lease back in the same batch, or removes it with everything else. */
  end(changes: readonly StateChange[], how: 'giveBack' | 'remove'): Promise<void>;
}

export interface LeaseKeeper {
  /** Undefined while somebody else holds it. */
  take(report: string): Promise<HeldLease | undefined>;
  /** What takes the lease from whoever has it: part of the batch that pauses or deletes. */
  revocation(report: string, how: 'giveBack' | 'remove'): Promise<StateChange[]>;
}

export interface LeaseOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly holder: string;
  readonly leaseMs: number;
}

/**
 * A lease is taken when it was given back, when its time is over, or when it was seen unchanged for its whole length: the last rule needs no
 * agreement between clocks, and frees leases of machines whose clock was ahead.
 */
export function createLeaseKeeper({ store, clock, holder, leaseMs }: LeaseOptions): LeaseKeeper {
  const seen = new Map<string, { version: number; since: number }>();

  const isFree = (record: StateRecord | undefined): boolean => {
    if (!record) return true;
    const lease = parseLease(record);
    if (lease.holder === '' || clock.now() >= lease.until) return true;
    const known = seen.get(record.key);
    // A clock that was set back makes `since` lie in the future: the watch begins anew.
    if (known?.version !== record.version || clock.now() < known.since) seen.set(record.key, { version: record.version, since: clock.now() });
    return clock.now() - seen.get(record.key)!.since >= leaseMs;
  };

  return {
    async take(report) {
      const key = leaseKey(report);
      const record = await store.get(key);
      if (!isFree(record)) return undefined;
      const epoch = (record ? parseLease(record).epoch : 0) + 1;
      const value = () => utf8(JSON.stringify({ schema: 1, holder, epoch, until: clock.now() + leaseMs } satisfies Lease));
      try {
        const [version] = await store.commit([{ key, value: value(), expectedVersion: record?.version ?? 0 }]);
        seen.delete(key);
        return heldLease(store, key, epoch, version!, value);
      } catch (error) {
        if (isDossierError(error, 'revision-conflict')) return undefined;
        throw error;
      }
    },
    async revocation(report, how) {
      const record = await store.get(leaseKey(report));
      if (!record) return [];
      return [{ key: record.key, value: how === 'remove' ? undefined : givenBack(parseLease(record).epoch), expectedVersion: record.version }];
    },
  };
}

function heldLease(store: StateStore, key: string, epoch: number, taken: number, renewed: () => Uint8Array): HeldLease {
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
    epoch,
    commit: (changes) => inTurn(() => write(changes, renewed())),
    end: async (changes, how) => {
      await inTurn(() => write(changes, how === 'remove' ? undefined : givenBack(epoch)));
      lost = true;
    },
  };
}

function givenBack(epoch: number): Uint8Array {
  return utf8(JSON.stringify({ schema: 1, holder: '', epoch, until: 0 } satisfies Lease));
}

function parseLease(record: StateRecord): Lease {
  const value = parseJsonBytes(record.value, 'state-corrupt', `The record "${record.key}"`);
  if (!isRecord(value) || value.schema !== 1 || typeof value.holder !== 'string' || typeof value.epoch !== 'number' || typeof value.until !== 'number') {
    throw new DossierError('state-corrupt', `The record "${record.key}" is not a lease`);
  }
  return value as unknown as Lease;
}
