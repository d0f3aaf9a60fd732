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

/**
 * The most memory that file content takes, whatever the sizes: so many buffers and so many bytes, used again and again.
 */
export interface Buffers {
  /**
   * A buffer of at least `size` bytes, once there is room. One that is larger than all the room there is gets it alone.
   */
  take(size: number, signal: AbortSignal): Promise<Uint8Array>;
  give(buffer: Uint8Array): void;
}

export function createBuffers(count: number, room: number): Buffers {
  const gate = createGate(count);
  // Whoever is next for room; the others wait behind.
  const turn = createGate(1);
  const free: Uint8Array[] = [];
  let taken = 0;
  let given: (() => void) | undefined;

  const roomFor = async (size: number, signal: AbortSignal): Promise<void> => {
    while (taken > 0 && taken + size > room) {
      await new Promise<void>((resolve, reject) => {
        const abort = () => reject(new DossierError('cancelled'));
        signal.addEventListener('abort', abort, { once: true });
        given = () => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
      });
    }
  };

  const enter = async (size: number, signal: AbortSignal): Promise<Uint8Array> => {
    await turn.enter(signal);
    try {
      await roomFor(size, signal);
      const fits = free.findIndex((buffer) => buffer.length >= size && (taken === 0 || taken + buffer.length <= room));
      // One that does not serve makes room for one that does.
      const buffer = fits >= 0 ? (free.splice(fits, 1)[0] as Uint8Array) : new Uint8Array(size);
      if (fits < 0) free.pop();
      taken += buffer.length;
      return buffer;
    } finally {
      turn.leave();
    }
  };

  return {
    async take(size, signal) {
      await gate.enter(signal);
      try {
        return await enter(size, signal);
      } catch (error) {
        gate.leave();
        throw error;
      }
    },
    give(buffer) {
      taken -= buffer.length;
      free.push(buffer);
      given?.();
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
