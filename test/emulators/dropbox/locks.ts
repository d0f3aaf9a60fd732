import { EventEmitter, once } from 'node:events';
import { type Refusal, rateLimited, routeError, type TaggedError } from './errors.ts';
import type { Behaviour, Limits } from './options.ts';

/** Lets one at a time through for each name; who waits too long is refused. */
export interface Exclusion {
  /** Runs `work` alone, or calls `refused` with nothing done. */
  hold<T>(name: string, work: () => T | Promise<T>, refused: () => T): Promise<T>;
}

export function createExclusion(holdMs: number, waitMs: number): Exclusion {
  const held = new Set<string>();
  const released = new EventEmitter().setMaxListeners(0);
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  const acquire = async (name: string): Promise<boolean> => {
    const until = performance.now() + waitMs;
    while (held.has(name)) {
      const left = until - performance.now();
      if (left <= 0) return false;
      await once(released, name, { signal: AbortSignal.timeout(Math.ceil(left)) }).catch(() => undefined);
    }
    held.add(name);
    return true;
  };

  return {
    async hold(name, work, refused) {
      if (holdMs === 0) return work();
      if (!(await acquire(name))) return refused();
      try {
        const result = await work();
        await pause(holdMs);
        return result;
      } finally {
        held.delete(name);
        released.emit(name);
      }
    },
  };
}

/** One commit at a time in a namespace; who waits too long is told `too_many_write_operations`. */
export interface NamespaceLocks extends Exclusion {
  /** The refusal of a single write: a 429, or the route's own error. */
  refusal(inRoute: TaggedError): Refusal;
}

export function createLocks({ lock }: Limits, behaviour: Behaviour): NamespaceLocks {
  return {
    ...createExclusion(lock.holdMs, lock.waitMs),
    refusal: (inRoute) =>
      behaviour.lockContention === 'status429' ? rateLimited('too_many_write_operations', lock) : routeError(inRoute),
  };
}
