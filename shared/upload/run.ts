import { DossierError, type ErrorCode, isDossierError, toDossierError } from '../core/errors.ts';
import { retry } from '../core/retry.ts';
import type { Drive } from '../drive/drive.ts';
import { createFlow, type Flow } from './flow.ts';
import type { OnWay } from './onWay.ts';
import { type Buffers, createBuffers, createPermits, type Permits } from './permits.ts';
import type { DeliveryContext, UploaderOptions } from './upload.ts';

/** What the parts of one delivery share. */
export interface Run {
  readonly drive: Drive;
  readonly signal: AbortSignal;
  /** Requests at one time, over all files. */
  readonly lanes: Permits;
  /** Of these, requests that carry chunks. */
  readonly chunkLanes: Permits;
  /** Bytes at one time, over all requests that carry content. */
  readonly flow: Flow;
  readonly buffers: Buffers;
  repeat<T>(operation: (attempt: number) => Promise<T>): Promise<T>;
  /** Ends the file; where the cause is not the file's own, everything. */
  failed(file: OnWay, error: unknown): void;
  /** Ends everything that is not decided yet. */
  stop(error: DossierError): void;
  /** Why everything was ended. */
  readonly stopped: DossierError | undefined;
  /** Work that goes on beside the reading; it must not reject. */
  spawn(work: () => Promise<void>): Promise<void>;
  /** Resolves when all that was spawned has ended. */
  idle(): Promise<void>;
}

/** What will meet the next file as well. */
const concernsAll: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'offline',
  'timeout',
  'unauthorized',
  'untrusted-certificate',
  'quota-exceeded',
  'rate-limited',
  'cancelled',
  'lease-lost',
]);

/** Bytes of content that are held at one time, where the chunks under way do not need more. */
const memory = 64 * 1024 * 1024;

export function createRun({ drive, clock, policy }: UploaderOptions, context: DeliveryContext | undefined): Run {
  const { signal: outer, closing } = context ?? {};
  const { connections, chunksInFlight, chunkSize } = drive.capabilities.upload;
  const inner = new AbortController();
  const signal = outer ? AbortSignal.any([outer, inner.signal]) : inner.signal;
  const working = new Set<Promise<void>>();
  let stopped: DossierError | undefined;

  const run: Run = {
    drive,
    signal,
    lanes: createPermits(connections),
    chunkLanes: createPermits(Math.max(1, Math.min(chunksInFlight, connections))),
    flow: createFlow(drive, clock),
    buffers: createBuffers(connections + 1, Math.max(memory, (chunksInFlight + 1) * chunkSize)),
    repeat: (operation) => retry(operation, { clock, signal, ...(policy ? { policy } : {}) }),
    get stopped() {
      return stopped ?? (outer?.aborted ? asCancelled(outer) : undefined);
    },
    stop(error) {
      stopped ??= outer?.aborted ? asCancelled(outer) : error;
      inner.abort(stopped);
    },
    failed(file, thrown) {
      const error = toDossierError(thrown);
      if (concernsAll.has(error.code)) run.stop(error);
      file.fail(run.stopped ?? error);
    },
    spawn(work) {
      const task = work().finally(() => working.delete(task));
      working.add(task);
      return task;
    },
    async idle() {
      while (working.size > 0) await Promise.all(working);
    },
  };
  const close = () => void run.flow.close().then(() => run.stop(new DossierError('cancelled')));
  if (closing?.aborted) close();
  else closing?.addEventListener('abort', close, { once: true });
  return run;
}

function asCancelled({ reason }: AbortSignal): DossierError {
  return isDossierError(reason) ? reason : new DossierError('cancelled');
}

/** Of several errors the one to wait for longest. */
export function graver(one: DossierError | undefined, other: DossierError): DossierError {
  return one !== undefined && (one.retryAfterMs ?? 0) >= (other.retryAfterMs ?? 0) ? one : other;
}

/** Errors after which the request may have been done all the same. */
export function isUnclear(error: unknown): boolean {
  return !isDossierError(error) || !['rate-limited', 'locked', 'integrity-mismatch'].includes(error.code);
}

/** A name that was refused is tried once more at once, as a plainer one. */
export function plainer(error: DossierError): DossierError {
  return new DossierError(error.code, error.sentence, { retry: 'now', advice: error.advice ?? null, cause: error });
}
