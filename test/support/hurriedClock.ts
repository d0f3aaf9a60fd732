import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import type { Clock } from '../../shared/core/ports.ts';

/** The time of day, with waits that are over twenty times as soon: for several processes that wait for each other. */
export const hurriedClock: Clock = { now: nodeClock.now, sleep: (ms, signal) => nodeClock.sleep(ms / 20, signal) };
