import type { EmulatorClock } from './clock.ts';
import { rateLimited } from './errors.ts';
import type { Limits } from './options.ts';

/** A token bucket for each account. A refused request takes its token as well, so hammering never gets through. */
export function createRateLimiter(rate: Limits['rate'], clock: EmulatorClock): (account: string) => void {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (account) => {
    if (!rate) return;
    const now = clock.now();
    const { tokens, at } = buckets.get(account) ?? { tokens: rate.burst, at: now };
    const filled = Math.min(rate.burst, tokens + ((now - at) / 1000) * rate.perSecond);
    buckets.set(account, { tokens: Math.max(filled - 1, -rate.burst), at: now });
    if (filled < 1) throw rateLimited('too_many_requests', rate);
  };
}
