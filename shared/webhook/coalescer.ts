import type { Clock } from '../core/ports.ts';

export interface CoalescerOptions {
  /** Finds out what changed in an account. Never runs twice at a time for one account. */
  readonly walk: (account: string, signal: AbortSignal | undefined) => Promise<void>;
  readonly clock: Clock;
  /** Notices come in bursts: milliseconds to wait for the rest of one before walking. */
  readonly settleMs?: number;
  readonly signal?: AbortSignal;
}

export interface Coalescer {
  /**
   * Resolves when a walk is over that began after this notice; rejects when that walk failed. Many notices share one
   * walk: while one is under way, all that come ask together for one more after it.
   */
  notify(account: string): Promise<void>;
  /** Resolves when no walk is under way or asked for. Never rejects. */
  idle(): Promise<void>;
}

interface Line {
  running: Promise<void>;
  /** The walk that has been asked for and has not begun. */
  next: Promise<void> | undefined;
}

const defaultSettleMs = 1_000;

/** A lock for each account, with a flag that says "again". */
export function createCoalescer({ walk, clock, settleMs = defaultSettleMs, signal }: CoalescerOptions): Coalescer {
  const lines = new Map<string, Line>();

  const takeTurn = async (account: string, line: Line): Promise<void> => {
    await line.running.catch(() => undefined);
    if (settleMs > 0) await clock.sleep(settleMs, signal);
    // From here on a notice may be about something this walk has passed already.
    line.running = line.next ?? line.running;
    line.next = undefined;
    await walk(account, signal);
  };

  return {
    notify(account) {
      const line = lines.get(account) ?? { running: Promise.resolve(), next: undefined };
      lines.set(account, line);
      if (line.next) return line.next;
      const turn = takeTurn(account, line);
      line.next = turn;
      const leave = () => {
        // Cancelled before it began: nobody is to join it any more.
        if (line.next === turn) line.next = undefined;
        if (line.next === undefined) lines.delete(account);
      };
      turn.then(leave, leave);
      return turn;
    },
    async idle() {
      while (lines.size > 0)
        await Promise.allSettled(
          [...lines.values()].flatMap(({ running, next }) => [running, ...(next ? [next] : [])]),
        );
    },
  };
}
