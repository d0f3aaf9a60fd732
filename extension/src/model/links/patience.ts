import type { RetryPolicy } from '../../../../shared/index.ts';

/** For what somebody waits for at the screen: a short hiccup passes unseen, anything longer is told. */
export const brief: RetryPolicy = { attempts: 3, firstDelayMs: 300, maxDelayMs: 2_000, maxRetryAfterMs: 5_000 };
