import { type DossierError, throwIfCancelled, toDossierError } from './errors.ts';
import type { Clock } from './ports.ts';

export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubles from there. */
  readonly firstDelayMs: number;
  /** Longest wait of our own choosing, milliseconds. */
  readonly maxDelayMs: number;
  /**
   * A server that asks for a longer wait than this is not waited for: the error goes to the caller, with its
   * `retryAfterMs`.
   */
  readonly maxRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 6,
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 300_000,
};

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** One for all errors, or one for each; attempts are counted for each policy by itself. */
  readonly policy?: RetryPolicy | ((error: DossierError) => RetryPolicy);
  /** A number in [0, 1); spreads waits of many clients. */
  readonly jitter?: () => number;
  /** Told before each wait. */
  readonly onRetry?: (error: DossierError, attempt: number, delayMs: number) => void;
}

/**
 * The only retry loop of Dossier. Repeats `operation` while its error says `now` or `later`, with exponential back-off
 * and full jitter, never sooner than the server asked. `now` is repeated once at once, then with the same back-off as
 * `later`, so that it cannot spin. Rejects with the last error. `operation` must be safe to repeat.
 */
export async function retry<T>(operation: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, policy = defaultRetryPolicy, jitter = Math.random, onRetry } = options;
  const attempts = new Map<RetryPolicy, number>();
  for (let attempt = 1; ; attempt++) {
    throwIfCancelled(signal);
    try {
      return await operation(attempt);
    } catch (thrown) {
      const error = toDossierError(thrown);
      const own = typeof policy === 'function' ? policy(error) : policy;
      const made = (attempts.get(own) ?? 0) + 1;
      attempts.set(own, made);
      const delay = delayBefore(error, made, own, jitter);
      if (delay === undefined) throw error;
      onRetry?.(error, attempt, delay);
      if (delay > 0) await clock.sleep(delay, signal);
    }
  }
}

function delayBefore(
  error: DossierError,
  attempt: number,
  policy: RetryPolicy,
  jitter: () => number,
): number | undefined {
  if (error.retry !== 'now' && error.retry !== 'later') return undefined;
  if (attempt >= policy.attempts) return undefined;
  const asked = error.retryAfterMs ?? 0;
  if (asked > policy.maxRetryAfterMs) return undefined;
  if (error.retry === 'now' && attempt === 1) return asked;
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  return Math.max(asked, Math.round(ceiling * (0.5 + jitter() / 2)));
}
