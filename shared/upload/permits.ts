import { DossierError, throwIfCancelled } from '../core/errors.ts';

/** So many at a time; the others wait in the order they came. */
export interface Permits {
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createPermits(count: number): Permits {
  const gate = createGate(count);
  return {
    async run(work, signal) {
      await gate.enter(signal);
      try {
        return await work();
      } finally {
        gate.leave();
      }
    },
  };
}

/** The most memory that file content takes, whatever the sizes: so many buffers, used again and again. */
export interface Buffers {
  /** A buffer of at least `size` bytes, once one is free. */
  take(size: number, signal: AbortSignal): Promise<Uint8Array>;
  give(buffer: Uint8Array): void;
}

export function createBuffers(count: number): Buffers {
  const gate = createGate(count);
  const free: Uint8Array[] = [];
  return {
    async take(size, signal) {
      await gate.enter(signal);
      const fits = free.findIndex((buffer) => buffer.length >= size);
      if (fits >= 0) return free.splice(fits, 1)[0] as Uint8Array;
      // One that is too small makes room for one that is not.
      free.pop();
      return new Uint8Array(size);
    },
    give(buffer) {
      free.push(buffer);
      gate.leave();
    },
  };
}

function createGate(count: number) {
  let open = count;
  const waiting: (() => void)[] = [];
  return {
    async enter(signal: AbortSignal): Promise<void> {
      throwIfCancelled(signal);
      if (open > 0) {
        open -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const enter = () => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        const abort = () => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(new DossierError('cancelled'));
        };
        waiting.push(enter);
        signal.addEventListener('abort', abort, { once: true });
      });
    },
    leave(): void {
      const next = waiting.shift();
      if (next) next();
      else open += 1;
    },
  };
}
