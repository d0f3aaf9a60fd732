import { throwIfCancelled } from '../../core/errors.ts';

/** Lets work with the same key go one after the other, in the order it came. */
export interface Turns {
  take<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async take(key, work, signal) {
      const before = last.get(key);
      const mine = (async () => {
        await before?.catch(() => undefined);
        throwIfCancelled(signal);
        return work();
      })();
      last.set(key, mine);
      try {
        return await mine;
      } finally {
        if (last.get(key) === mine) last.delete(key);
      }
    },
  };
}
