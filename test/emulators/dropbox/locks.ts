import { once, EventEmitter } from 'node:events';
import { rateLimited, routeError, type Refusal, type TaggedError } from './errors.ts';
import type { Behaviour, Limits } from './options.ts';

/** One commit at a time in a namespace; who waits too long is told `too_many_write_operations`. */
export interface NamespaceLocks {
  /** Runs `commit` holding the lock, or calls `refused` with nothing done. */
  hold<T>(namespace: string, commit: () => T | Promise<T>, refused: () => T): Promise<T>;
  /** The refusal of a single write: a 429, or the route's own error. */
  refusal(inRoute: TaggedError): Refusal;
}

export function createLocks(limits: Limits, behaviour: Behaviour): NamespaceLocks {
  const held = new Set<string>();
  const released = new EventEmitter().setMaxListeners(0);
  const { holdMs, waitMs } = limits.lock;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  const acquire = async (namespace: string): Promise<boolean> => {
    const until = performance.now() + waitMs;
    while (held.has(namespace)) {
      const left = until - performance.now();
      if (left <= 0) return false;
      await once(released, namespace, { signal: AbortSignal.timeout(Math.ceil(left)) }).catch(() => undefined);
    }
    held.add(namespace);
    return true;
  };

  return {
    async hold(namespace, commit, refused) {
      if (holdMs === 0) return commit();
      if (!(await acquire(namespace))) return refused();
      try {
        const result = await commit();
        await pause(holdMs);
        return result;
      } finally {
        held.delete(namespace);
        released.emit(namespace);
      }
    },
    refusal: (inRoute) =>
      behaviour.lockContention === 'status429'
        ? rateLimited('too_many_write_operations', limits.lock)
        : routeError(inRoute),
  };
}
