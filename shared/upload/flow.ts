import { DossierError, throwIfCancelled } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Drive } from '../drive/drive.ts';

/**
 * How many bytes are under way at one time: what the line carries in a few seconds. So what is acknowledged grows
 * steadily on any line, little is lost when the sending is cut off, and a fast line is still full.
 */
export interface Flow {
  /** Waits until `bytes` more fit on the line. `work` resolves with the bytes that were acknowledged. */
  carry(bytes: number, work: () => Promise<number>, signal: AbortSignal): Promise<void>;
  /** Bytes of a chunk that takes about half of what is under way at one time. */
  readonly chunkBytes: number;
  /** Nothing more is let through; resolves when all that was let through has ended. */
  close(): Promise<void>;
}

/** What is under way should be acknowledged within this time. */
const horizonMs = 4_000;
/** Where nothing is known of a line. */
const firstBytes = 8 * 1024 * 1024;
const leastBytes = 1024 * 1024;
/** Requests that carry less tell of the server and not of the line. */
const tellingBytes = 256 * 1024;
/** No single request takes more of the room than this: a file that goes in one request would block all others. */
const mostBytes = 8 * 1024 * 1024;
const samplesKept = 8;

interface Sample {
  readonly started: number;
  readonly ended: number;
  readonly bytes: number;
}

/** Of each drive, for as long as it is open: the next file begins with what the last ones have shown. */
const samplesOf = new WeakMap<Drive, Sample[]>();

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

export function createFlow(drive: Drive, clock: Clock): Flow {
  const samples = samplesOf.get(drive) ?? [];
  samplesOf.set(drive, samples);
  const waiting: Waiting[] = [];
  let underWay = 0;
  let requests = 0;
  let isClosed = false;
  let emptied: (() => void) | undefined;

  const room = (): number => {
    const [first] = samples;
    if (!first) return firstBytes;
    const spanMs = Math.max(1, latest(samples) - Math.min(...samples.map(({ started }) => started)));
    const acknowledged = samples.reduce((sum, { bytes }) => sum + bytes, 0);
    return Math.max(leastBytes, (acknowledged / spanMs) * horizonMs);
  };
  const fits = (bytes: number): boolean => requests === 0 || underWay + bytes <= room();
  const admit = (): void => {
    while (!isClosed && waiting[0] && fits(waiting[0].bytes)) {
      const next = waiting.shift() as Waiting;
      underWay += next.bytes;
      requests += 1;
      next.enter();
    }
  };
  const enter = async (bytes: number, signal: AbortSignal): Promise<void> => {
    throwIfCancelled(signal);
    await new Promise<void>((resolve, reject) => {
      const own: Waiting = {
        bytes,
        enter() {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = () => {
        waiting.splice(waiting.indexOf(own), 1);
        reject(new DossierError('cancelled'));
        admit();
      };
      signal.addEventListener('abort', abort, { once: true });
      waiting.push(own);
      admit();
    });
  };
  const learn = (sample: Sample): void => {
    if (sample.bytes < tellingBytes) return;
    samples.push(sample);
    if (samples.length > samplesKept) samples.shift();
  };

  return {
    async carry(size, work, signal) {
      const bytes = Math.min(size, mostBytes);
      await enter(bytes, signal);
      const started = clock.now();
      try {
        learn({ started, bytes: await work(), ended: clock.now() });
      } finally {
        underWay -= bytes;
        requests -= 1;
        admit();
        if (requests === 0) emptied?.();
      }
    },
    get chunkBytes() {
      return room() / 2;
    },
    close() {
      isClosed = true;
      return new Promise((resolve) => {
        if (requests === 0) resolve();
        else emptied = resolve;
      });
    },
  };
}

function latest(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ ended }) => ended));
}
