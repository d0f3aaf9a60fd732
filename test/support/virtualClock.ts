import { DossierError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/core/ports.ts';

export interface VirtualClock extends Clock {
  /** Moves time; sleepers whose time has come wake in order, each before the next. */
  advance(ms: number): Promise<void>;
  /** Total that was slept, milliseconds. */
  readonly slept: number;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * Time that moves only when told. With `auto`, a sleep moves the clock to its end at once, so that back-off costs
 * nothing and can still be asserted.
 */
export function createVirtualClock(options: { start?: number; auto?: boolean } = {}): VirtualClock {
  let now = options.start ?? Date.UTC(2026, 0, 1);
  let slept = 0;
  let sleepers: Sleeper[] = [];
  return {
    now: () => now,
    get slept() {
      return slept;
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(new DossierError('cancelled'));
      slept += ms;
      if (options.auto) {
        now += ms;
        return new Promise((resolve) => setImmediate(resolve));
      }
      return new Promise((resolve, reject) => {
        const sleeper: Sleeper = { at: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener(
          'abort',
          () => {
            sleepers = sleepers.filter((other) => other !== sleeper);
            reject(new DossierError('cancelled'));
          },
          { once: true },
        );
      });
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        sleepers = sleepers.filter((other) => other !== next);
        now = next.at;
        next.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = end;
    },
  };
}
