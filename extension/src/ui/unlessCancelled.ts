import { DossierError, throwIfCancelled } from '../../../shared/index.ts';

/** Waits for something that others may want as well: who cancels stops waiting, with `cancelled`, and it goes on. */
export async function unlessCancelled<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  throwIfCancelled(signal);
  const over = new AbortController();
  const left = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(new DossierError('cancelled')), { once: true, signal: over.signal }),
  );
  try {
    return await Promise.race([work, left]);
  } finally {
    over.abort();
  }
}
