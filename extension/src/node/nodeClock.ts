import { type Clock, throwIfCancelled } from '../../../shared/index.ts';

/** The machine's clock. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    throwIfCancelled(signal);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        clearTimeout(timer);
        try {
          throwIfCancelled(signal);
        } catch (error) {
          reject(error);
        }
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};
