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
/** Where nothing is known of a line: as much as this, or two requests. */
const firstBytes = 8 * 1024 * 1024;
const leastBytes = 1024 * 1024;
/** Requests that carry less tell of the server and not of the line. */
const tellingBytes = 256 * 1024;
/** No single request takes more of the room than this: a file that goes in one request would block all others. */
const mostBytes = 8 * 1024 * 1024;
const speedsKept = 4;

/**
 * Bytes a millisecond that the line carried, newest last; of each drive, for as long as it is open: the next file
 * begins with what the last ones have shown.
 */
const speedsOf = new WeakMap<Drive, number[]>();

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

export function createFlow(drive: Drive, clock: Clock): Flow {
  const speeds = speedsOf.get(drive) ?? [];
  speedsOf.set(drive, speeds);
  const waiting: Waiting[] = [];
  let underWay = 0;
  let requests = 0;
  let isClosed = false;
  let emptied: (() => void) | undefined;

  const room = (): number => {
    if (speeds.length === 0) return firstBytes;
    const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
    return Math.max(leastBytes, mean * horizonMs);
  };
  const fits = (bytes: number): boolean =>
    requests === 0 || (requests === 1 && speeds.length === 0) || underWay + bytes <= room();
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
  /** Connections share a line evenly, so that one of several tells of them all. */
  const learn = (bytes: number, ms: number, beside: number): void => {
    if (bytes < tellingBytes) return;
    speeds.push((bytes / Math.max(1, ms)) * beside);
    if (speeds.length > speedsKept) speeds.shift();
  };

  return {
    async carry(size, work, signal) {
      const bytes = Math.min(size, mostBytes);
      await enter(bytes, signal);
      const [started, before] = [clock.now(), requests];
      try {
        const acknowledged = await work();
        learn(acknowledged, clock.now() - started, (before + requests) / 2);
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
