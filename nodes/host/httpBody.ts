import { sleep } from 'n8n-workflow';
import { DossierError, throwIfCancelled, transportError } from '../../shared/index.ts';

export interface BodyGuard {
  /** Milliseconds without a byte after which the answer is given up. */
  readonly idleMs: number;
  readonly url: string;
  readonly signal: AbortSignal;
  /** Destroys the connection. */
  abort(reason: DossierError): void;
}

/**
 * The body of an answer as a stream of bytes whose failures are of our kind. n8n's time-out ends with the headers; this
 * one goes on.
 */
export async function* guardedBody(body: unknown, guard: BodyGuard): AsyncGenerator<Uint8Array> {
  if (!isByteStream(body)) return;
  const watch = startWatch(guard);
  try {
    watch.wait();
    for await (const piece of body) {
      watch.rest();
      yield piece;
      watch.wait();
    }
  } catch (error) {
    throwIfCancelled(guard.signal);
    throw transportError(error, guard.url);
  } finally {
    watch.stop();
  }
}

/**
 * Counts only the time during which the reader waits for the server, and looks now and then: n8n has no timers that can
 * be taken back.
 */
function startWatch({ idleMs, abort }: BodyGuard) {
  let waitingSince: number | undefined;
  let stopped = false;
  const watch = async () => {
    while (!stopped) {
      await sleep(Math.min(idleMs, 5_000));
      if (waitingSince !== undefined && Date.now() - waitingSince >= idleMs)
        return abort(new DossierError('timeout', 'The server stopped in the middle of its answer'));
    }
  };
  void watch();
  return {
    wait: () => void (waitingSince = Date.now()),
    rest: () => void (waitingSince = undefined),
    stop: () => {
      waitingSince = undefined;
      stopped = true;
    },
  };
}

function isByteStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
