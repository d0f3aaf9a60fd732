import { sleep } from 'n8n-workflow';
import { type Clock, throwIfCancelled } from '../../shared/index.ts';

/** n8n's own sleep cannot be interrupted, so the wait for it is. */
export const clock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    throwIfCancelled(signal);
    if (signal === undefined) return sleep(ms);
    const interrupted = new AbortController();
    const cancelled = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true, signal: interrupted.signal }),
    );
    await Promise.race([sleep(ms), cancelled]);
    interrupted.abort();
    throwIfCancelled(signal);
  },
};
